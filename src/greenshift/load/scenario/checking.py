"""Whether every placeholder of a scenario has something that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from greenshift.load.errors import ScenarioError
from greenshift.load.scenario.model import Data, Flow, Request, Scenario
from greenshift.load.scenario.placeholders import BUILT_IN, names_in, templated
from greenshift.load.scenario.table import did_you_mean


def check_names(scenario: Scenario, file: str) -> None:
    """Refuse placeholders that nothing stands for.

    Args:
        scenario: what was read.
        file: its name, for messages.

    Raises:
        ScenarioError: a placeholder is of no data, not built in, and taken from no answer that comes before.
    """
    data = scenario.data
    for name in data:
        if name in BUILT_IN:
            raise ScenarioError(f"{file}: data.{name} has a name that is taken", f"{name} is {BUILT_IN[name]}")
    known = {*BUILT_IN, *data}
    _check_texts(file, "headers", scenario.headers, known, data)
    if scenario.login:
        _check(file, "login", scenario.login.request, known, data)
        known |= set(scenario.login.request.take)
    for place, request in enumerate(scenario.before, 1):
        _check(file, f"before[{place}]", request, known, data)
        known |= set(request.take)
    # A single step may use what another one took: it is not chosen before that one was sent.
    for task in scenario.tasks:
        if isinstance(task, Request):
            known |= set(task.take)
    steps = flows = 0
    for task in scenario.tasks:
        if isinstance(task, Flow):
            flows += 1
            in_flow = set(known)
            for place, request in enumerate(task.steps, 1):
                _check(file, f"flow[{flows}].step[{place}]", request, in_flow, data)
                in_flow |= set(request.take)
        else:
            steps += 1
            _check(file, f"step[{steps}]", task, known, data)


def _check(file: str, key: str, request: Request, known: Iterable[str], data: Mapping[str, Data]) -> None:
    for part in ("path", "params", "headers", "json", "form"):
        _check_texts(file, f"{key}.{part}", getattr(request, part), known, data)
    for name in request.take:
        if not name.isidentifier():
            raise ScenarioError(f"{file}: {key}.take.{name} is no name", "use letters, digits and _")
        if name in data or name in BUILT_IN:
            raise ScenarioError(f"{file}: {key}.take.{name} has a name that is taken", "give it another name")


def _check_texts(file: str, key: str, value: Any, known: Iterable[str], data: Mapping[str, Data]) -> None:
    try:
        names = list(names_in(templated(value)))
    except ValueError as error:
        raise ScenarioError(f"{file}: {key} has {error}", "write {{ for a brace, {name} for a value") from None
    for dotted in names:
        name, _, column = dotted.partition(".")
        if name not in known:
            fix = did_you_mean(name, sorted(known))
            raise ScenarioError(f"{file}: {key} uses {{{dotted}}}, which stands for nothing", fix)
        if column and name in data:
            _check_column(file, key, dotted, data[name])


def _check_column(file: str, key: str, dotted: str, data: Data) -> None:
    column = dotted.partition(".")[2].partition(".")[0]
    for value in data.values or (None,):
        if not isinstance(value, Mapping):
            name = dotted.partition(".")[0]
            problem = f"{file}: {key} uses {{{dotted}}}, and a value of data.{name} has no columns"
            raise ScenarioError(problem, f"write {{{name}}}")
        if column not in value:
            raise ScenarioError(
                f"{file}: {key} uses {{{dotted}}}, and a value has no {column}", did_you_mean(column, value)
            )
