"""A scenario as the TOML that it is read from: what a user begins with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from greenshift.atomic_file import replace_file
from greenshift.load.errors import ScenarioError
from greenshift.load.scenario.model import Data, Flow, Login, Request, Scenario

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def check_new_file(file: Path) -> None:
    """Say early whether a scenario can be saved to a file; nobody's scenario is written over.

    Args:
        file: where it is to be.

    Raises:
        ScenarioError: it exists, or its folder does not.
    """
    if file.exists():
        raise ScenarioError(f"{file} exists", "name a new file: a scenario that somebody wrote is not written over")
    if not file.resolve().parent.is_dir():
        raise ScenarioError(f"there is no folder {file.parent} for {file.name}", "make it, or name another file")


def save_scenario(scenario: Scenario, file: Path) -> None:
    """Write a scenario as TOML to a new file, in one step.

    Args:
        scenario: the scenario.
        file: where it is to be.

    Raises:
        ScenarioError: it exists, or cannot be written.
    """
    check_new_file(file)
    try:
        replace_file(file, scenario_as_toml(scenario).encode())
    except OSError as error:
        raise ScenarioError(
            f"{file} cannot be written: {error.strerror}", "name a file in a folder of yours"
        ) from error


def scenario_as_toml(scenario: Scenario) -> str:
    """Return a scenario as the TOML that `read_scenario` reads.

    Data that came from files stand in it as values. A login that the OpenAPI document describes, and what was skipped,
    stand in it as comments.
    """
    blocks = [[f"name = {_value(scenario.name)}"]]
    if scenario.openapi:
        blocks[0].append(f"openapi = {_value(scenario.openapi)}")
    if scenario.login:
        blocks.append(_login(scenario.login))
    elif scenario.suggested_login:
        said = "# Needed by the endpoints that are skipped below: fill it in, and write openapi = true above."
        blocks.append([said, *(f"# {line}" for line in _login(scenario.suggested_login))])
    if scenario.headers:
        blocks.append(["[headers]", *(f"{_key(key)} = {_value(value)}" for key, value in scenario.headers.items())])
    blocks.extend(_data(name, data) for name, data in scenario.data.items())
    blocks.extend(_request("before", request) for request in scenario.before)
    # Single steps first, as they are read: a table of a flow ends the list of steps for the reader's eye.
    for task in sorted(scenario.tasks, key=lambda task: isinstance(task, Flow)):
        if isinstance(task, Flow):
            blocks.append(["[[flow]]", f"name = {_value(task.name)}", f"weight = {_weight(task.weight)}"])
            blocks.extend(_request("flow.step", step) for step in task.steps)
        else:
            blocks.append(_request("step", task))
    if scenario.skipped:
        blocks.append(
            ["# Not sent:", *(f"# {_line(skipped.name)}: {_line(skipped.reason)}" for skipped in scenario.skipped)]
        )
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _login(login: Login) -> list[str]:
    lines = ["[login]", *_request_keys(login.request, method="POST")]
    if login.token:
        lines.append(f"token = {_value(login.token)}")
        lines.append(f"header = {_value(f'{login.header}: {login.value}')}")
    return lines


def _data(name: str, data: Data) -> list[str]:
    lines = [f"[data.{_key(name)}]"]
    if data.numbers:
        lines.append(f"numbers = {_value(list(data.numbers))}")
    else:
        lines.append(f"values = {_value(list(data.values))}")
    if data.pick != "random":
        lines.append(f"pick = {_value(data.pick)}")
    return lines


def _request(table: str, request: Request) -> list[str]:
    lines = [f"[[{table}]]"]
    if request.made:
        lines.append("# Made from the schema: put data here that the application takes.")
    return lines + _request_keys(request, weight=table == "step")


def _request_keys(request: Request, *, method: str = "", weight: bool = False) -> list[str]:
    keys: dict[str, Any] = {}
    if request.name != f"{request.method} {request.path.partition('?')[0]}":
        keys["name"] = request.name
    if request.method != method:
        keys["method"] = request.method
    keys["path"] = request.path
    if weight:
        keys["weight"] = _weight(request.weight)
    for key in ("params", "headers", "json", "form", "take"):
        value = getattr(request, key)
        if value or (key in ("json", "form") and value is not None):
            keys[key] = value
    if request.expect:
        keys["expect"] = request.expect[0] if len(request.expect) == 1 else list(request.expect)
    return [f"{key} = {_value(value)}" for key, value in keys.items()]


def _weight(weight: float) -> float:
    return int(weight) if float(weight).is_integer() else weight


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's texts are TOML's, but for the character 7F.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        # TOML has no null: what is null is left out.
        pairs = [f"{_key(key)} = {_value(inner)}" for key, inner in value.items() if inner is not None]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(inner) for inner in value if inner is not None)}]"
    return _value(str(value))


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _line(text: str) -> str:
    return " ".join(text.split())
