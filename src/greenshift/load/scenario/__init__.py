"""What is sent to the application under load: from its OpenAPI document, or written as TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the users of a load send (to be filled)."""

    name: str


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: it says something that cannot be sent; with the file and the key.
    """
    raise NotImplementedError


def scenario_from_openapi(document: str | Path | Mapping[str, Any]) -> Scenario:
    """Make a scenario from an OpenAPI document: a URL of a running application, a file, or the document itself.

    Raises:
        ScenarioError: the document cannot be read, or nothing in it can be sent without a login.
    """
    raise NotImplementedError


def scenario_as_toml(scenario: Scenario) -> str:
    """Return a scenario as the TOML that `read_scenario` reads."""
    raise NotImplementedError
