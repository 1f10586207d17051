"""What is sent to the application under load: from its OpenAPI document, or written as TOML."""

from __future__ import annotations

from greenshift.load.scenario.choosing import scenario_for
from greenshift.load.scenario.json_form import scenario_as_dict, scenario_from_dict
from greenshift.load.scenario.model import Data, Flow, Login, Request, Scenario, Skipped
from greenshift.load.scenario.openapi.reading import scenario_from_openapi
from greenshift.load.scenario.reading import read_scenario
from greenshift.load.scenario.writing import scenario_as_toml

__all__ = [
    "Data",
    "Flow",
    "Login",
    "Request",
    "Scenario",
    "Skipped",
    "read_scenario",
    "scenario_as_dict",
    "scenario_as_toml",
    "scenario_for",
    "scenario_from_dict",
    "scenario_from_openapi",
]
