"""Requests of a scenario, made ready to be filled in and sent often."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from greenshift.load.scenario import Flow, Request, Scenario
from greenshift.load.scenario.placeholders import BUILT_IN, Lookup, Template, as_text, filled, names_in, templated


@dataclass(slots=True)
class Filled:
    """A request as it is sent.

    Attributes:
        url: path and query.
        headers: all of them.
        body: or None.
    """

    url: str
    headers: dict[str, str]
    body: bytes | None


class PreparedRequest:
    """A request whose placeholders were found once.

    Args:
        request: of the scenario.
        common: headers that every request has.
    """

    def __init__(self, request: Request, common: dict[str, str]) -> None:
        self.request = request
        self._path = Template(request.path)
        self._params = templated(request.params)
        self._headers = templated({**common, **request.headers})
        self._body = templated(request.form if request.form is not None else request.json)
        parts = (self._path, self._params, self._headers, self._body)
        self.names = frozenset(name.partition(".")[0] for part in parts for name in names_in(part))
        self._always = None if self.names else self._filled(_no_names)

    def fill(self, lookup: Lookup) -> Filled:
        """Return it as it is sent.

        Raises:
            MissingValueError: a placeholder has no value yet.
        """
        return self._always or self._filled(lookup)

    def fits(self, status: int) -> bool:
        """Whether a status code is one that is right."""
        return status in self.request.expect if self.request.expect else 200 <= status < 400

    def _filled(self, lookup: Lookup) -> Filled:
        url = self._path.fill_path(lookup)
        if self._params:
            query = {key: _query(value) for key, value in filled(self._params, lookup).items()}
            url += ("&" if "?" in url else "?") + urlencode(query, doseq=True)
        headers = {key: as_text(value) for key, value in filled(self._headers, lookup).items()}
        body = None
        if self.request.form is not None:
            form = {key: _query(value) for key, value in filled(self._body, lookup).items()}
            body = urlencode(form, doseq=True).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif self.request.json is not None:
            body = json.dumps(filled(self._body, lookup)).encode()
            headers.setdefault("Content-Type", "application/json")
        return Filled(url, headers, body)


@dataclass(frozen=True, slots=True)
class PreparedTask:
    """One thing that a user chooses: one request, or several in a row.

    Attributes:
        name: what it is called.
        weight: how often it is chosen.
        steps: the requests.
        needs: names that must have been taken from answers before it begins.
    """

    name: str
    weight: float
    steps: tuple[PreparedRequest, ...]
    needs: frozenset[str]


def prepared_tasks(scenario: Scenario) -> tuple[PreparedTask, ...]:
    """Return the tasks of a scenario, ready to be sent."""
    common = dict(scenario.headers)
    known = {*BUILT_IN, *scenario.data}
    tasks = []
    for task in scenario.tasks:
        steps = tuple(PreparedRequest(step, common) for step in (task.steps if isinstance(task, Flow) else (task,)))
        needs: set[str] = set()
        taken: set[str] = set(known)
        for step in steps:
            needs |= step.names - taken
            taken |= set(step.request.take)
        tasks.append(PreparedTask(task.name, task.weight, steps, frozenset(needs)))
    return tuple(tasks)


def _query(value: Any) -> Any:
    return [as_text(one) for one in value] if isinstance(value, list) else as_text(value)


def _no_names(name: str) -> Any:
    raise KeyError(name)
