"""The scenario for a running application: its file's, its OpenAPI document's, or both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from greenshift.load.scenario.model import Scenario
from greenshift.load.scenario.openapi.reading import scenario_from_openapi
from greenshift.load.scenario.reading import read_scenario

_DOCUMENT = "/openapi.json"


def scenario_for(url: str, path: Path | None = None) -> Scenario:
    """Return what is sent to a running application.

    Args:
        url: where it listens: ``http://127.0.0.1:8000``.
        path: a scenario file; None for a scenario from the application's OpenAPI document. A file that says
            ``openapi`` has both: its own steps, login and data, and the endpoints of the document that no step of it
            sends.

    Raises:
        ScenarioError: the file or the document cannot be read, or says nothing that can be sent.
    """
    if path is None:
        return scenario_from_openapi(url.rstrip("/") + _DOCUMENT)
    scenario = read_scenario(path)
    return completed(scenario, url) if scenario.openapi else scenario


def completed(scenario: Scenario, url: str) -> Scenario:
    """Return a scenario with the endpoints of the application's OpenAPI document.

    Raises:
        ScenarioError: the document cannot be read, or nothing can be sent.
    """
    where = scenario.openapi or _DOCUMENT
    from_document = scenario_from_openapi(
        url.rstrip("/") + where if where.startswith("/") else where, login=scenario.login
    )
    own = {request.name for request in scenario.requests}
    if scenario.login:
        # To log in is not a part of the load unless a step says so.
        own.add(scenario.login.request.name)
    tasks = tuple(task for task in from_document.tasks if task.name not in own)
    return replace(
        scenario,
        tasks=scenario.tasks + tasks,
        before=scenario.before + from_document.before,
        skipped=from_document.skipped,
        openapi=None,
    )
