"""A scenario as data for JSON: what a generator's master sends to its workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from greenshift.load.scenario.model import Data, Flow, Login, Request, Scenario, Skipped


def scenario_as_dict(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as data for JSON; `scenario_from_dict` takes it back."""
    return asdict(scenario)


def scenario_from_dict(data: Mapping[str, Any]) -> Scenario:
    """Return the scenario that `scenario_as_dict` described."""
    return Scenario(
        **{
            **data,
            "tasks": tuple(_flow(task) if "steps" in task else _request(task) for task in data["tasks"]),
            "login": _login(data["login"]),
            "before": tuple(_request(request) for request in data["before"]),
            "data": {name: _data(entry) for name, entry in data["data"].items()},
            "skipped": tuple(Skipped(**skipped) for skipped in data["skipped"]),
            "suggested_login": _login(data["suggested_login"]),
        }
    )


def _request(data: Mapping[str, Any]) -> Request:
    return Request(**{**data, "expect": tuple(data["expect"])})


def _flow(data: Mapping[str, Any]) -> Flow:
    return Flow(**{**data, "steps": tuple(_request(step) for step in data["steps"])})


def _login(data: Mapping[str, Any] | None) -> Login | None:
    return Login(**{**data, "request": _request(data["request"])}) if data else None


def _data(data: Mapping[str, Any]) -> Data:
    numbers = data["numbers"]
    return Data(**{**data, "values": tuple(data["values"]), "numbers": (numbers[0], numbers[1]) if numbers else None})
