"""A scenario file, read and validated."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from greenshift.load.errors import ScenarioError
from greenshift.load.scenario.checking import check_names
from greenshift.load.scenario.data_file import rows_of
from greenshift.load.scenario.model import Data, Flow, Login, Request, Scenario
from greenshift.load.scenario.table import Table, did_you_mean

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PICKS = ("random", "next", "user")


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Args:
        path: a TOML file; data files that it names lie beside it.

    Returns:
        The scenario; where it says ``openapi``, `scenario_for` adds the application's own endpoints.

    Raises:
        ScenarioError: it cannot be read, or says something that cannot be sent; with the file and the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ScenarioError(f"{path} cannot be read: {reason}", "give the path of a scenario file") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path} is not TOML: {error}", "correct the file at that place") from None
    return scenario_from(data, str(path), path.parent, path.stem)


def scenario_from(data: dict[str, Any], file: str, folder: Path, name: str) -> Scenario:
    """Return the scenario that a TOML document describes.

    Args:
        data: the document.
        file: its name, for messages.
        folder: where its data files lie.
        name: what the scenario is called unless it says so itself.

    Raises:
        ScenarioError: it says something that cannot be sent.
    """
    table = Table(data, file)
    openapi = table.anything("openapi", default=False)
    if not isinstance(openapi, bool | str):
        raise table.error("openapi", "is neither true nor a path", 'write openapi = true, or "/openapi.json"')
    scenario = Scenario(
        name=table.text("name", name),
        login=_login(table.table("login")),
        before=tuple(_request(step) for step in table.tables("before")),
        data=_data(table.table("data"), folder),
        headers=table.texts("headers"),
        tasks=tuple(_request(step) for step in table.tables("step"))
        + tuple(_flow(flow) for flow in table.tables("flow")),
        openapi="/openapi.json" if openapi is True else openapi or None,
    )
    table.done("a scenario")
    if not scenario.tasks and not scenario.openapi:
        raise table.error("step", "is missing: nothing is sent", "write a [[step]] with a path, or openapi = true")
    check_names(scenario, file)
    return scenario


def _request(table: Table) -> Request:
    request = _read_request(table)
    table.done("a step")
    return request


def _read_request(table: Table, method: str = "GET") -> Request:
    method = table.text("method", method).upper()
    if method not in _METHODS:
        raise table.error("method", f"is {method}", did_you_mean(method, _METHODS))
    path = table.text("path")
    if not path.startswith(("/", "http://", "https://")):
        raise table.error("path", f"is {path!r}", f'begin it with a slash: path = "/{path}"')
    form = table.mapping("form") if table.has("form") else None
    body = table.anything("json")
    if form is not None and body is not None:
        raise table.error("form", "stands beside json", "a request has one body: remove one of them")
    return Request(
        method=method,
        path=path,
        name=table.text("name", f"{method} {path.partition('?')[0]}"),
        weight=table.number("weight", 1),
        params=table.mapping("params"),
        headers=table.texts("headers"),
        json=body,
        form=form,
        expect=_statuses(table),
        take=table.texts("take"),
    )


def _statuses(table: Table) -> tuple[int, ...]:
    value = table.anything("expect", [])
    statuses = value if isinstance(value, list) else [value]
    if not all(type(status) is int and 100 <= status <= 599 for status in statuses):
        raise table.error("expect", "is no status code", "write expect = 201, or expect = [200, 404]")
    return tuple(statuses)


def _flow(table: Table) -> Flow:
    steps = tuple(_request(step) for step in table.tables("step"))
    if not steps:
        raise table.error("step", "is missing", "write [[flow.step]] with a path below [[flow]]")
    flow = Flow(table.text("name", " > ".join(step.name for step in steps)), table.number("weight", 1), steps)
    table.done("a flow")
    return flow


def _login(table: Table | None) -> Login | None:
    if table is None:
        return None
    request = _read_request(table, "POST")
    token = table.text("token", "") or None
    header, _, value = table.text("header", "Authorization: Bearer {token}").partition(":")
    if token and "{token}" not in value:
        raise table.error("header", "has no {token}", 'write header = "Authorization: Bearer {token}"')
    table.done("a login")
    return Login(request, token, header.strip(), value.strip())


def _data(table: Table | None, folder: Path) -> dict[str, Data]:
    data = {}
    for name in table.names() if table else ():
        entry = table.table(name) if table else None
        if entry is not None:
            data[name] = _values(entry, folder)
    return data


def _values(table: Table, folder: Path) -> Data:
    pick = table.text("pick", "random")
    if pick not in _PICKS:
        raise table.error("pick", f"is {pick!r}", did_you_mean(pick, _PICKS))
    given = [key for key in ("values", "numbers", "file") if table.has(key)]
    table.done("data")
    if len(given) != 1:
        raise table.error("", f"says {' and '.join(given) or 'no values'}", "write one of values, numbers and file")
    values: tuple[Any, ...] = ()
    numbers = None
    if given == ["file"]:
        values = rows_of(folder / table.text("file"))
    elif given == ["values"]:
        listed = table.anything("values")
        if not isinstance(listed, list) or not listed:
            raise table.error("values", "is no list with something in it", 'write values = ["a", "b"]')
        values = tuple(listed)
    else:
        numbers = _range(table)
    return Data(values, numbers, pick)  # type: ignore[arg-type]


def _range(table: Table) -> tuple[int, int]:
    value = table.anything("numbers")
    if not (isinstance(value, list) and len(value) == 2 and all(type(number) is int for number in value)):
        raise table.error("numbers", "is no first and last number", "write numbers = [1, 500]")
    if value[0] > value[1]:
        raise table.error("numbers", f"ends before it begins: {value}", f"write numbers = [{value[1]}, {value[0]}]")
    return value[0], value[1]
