"""How the program is run, as its start files show: gunicorn's and uvicorn's options, with their places."""

from __future__ import annotations

import dataclasses
import json
import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import Final

from greenshift.check.facts.deployment import Deployment
from greenshift.check.facts.value import Option, Value
from greenshift.check.static import names
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.exporting import exported
from greenshift.check.static.merging import union, unknown
from greenshift.report.findings import Place

_GUNICORN_FILES: Final = ("gunicorn.conf.py", "gunicorn_conf.py", "gunicorn_config.py")
_GUNICORN: Final = {"workers": "workers", "timeout": "request_timeout", "preload_app": "preloads"}
_SERVERS: Final = re.compile(r"\b(gunicorn|uvicorn|hypercorn|granian|fastapi\s+run)\b")
_OTHER_WORKERS: Final = re.compile(
    r"--worker-class|\s-k[\s=]|\"-k\"|worker_class|UvicornWorker|--threads|\bthreads\s*="
)
_COMMAND: Final = re.compile(r"^\s*(?:CMD|ENTRYPOINT|command:|entrypoint:|\w+:)\s*(.*)$", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{?(\w+)(?::-([^}]*))?\}?")


def read_deployment(evaluator: Evaluator, said: Deployment) -> Deployment:
    """Return how the program is run: what the configuration says, else what start files show.

    Args:
        evaluator: evaluates gunicorn's configuration file, and has the files' texts.
        said: what the configuration says; it counts first.
    """
    found: dict[str, list[Value]] = {}
    texts = evaluator.project.texts
    for path in sorted(texts):
        name = posixpath.basename(path)
        if name in _GUNICORN_FILES:
            for option, value in _gunicorn_file(evaluator, path):
                found.setdefault(option, []).append(value)
        elif _is_start_file(path):
            for option, value in _commands(path, texts[path]):
                found.setdefault(option, []).append(value)
    if any(_OTHER_WORKERS.search(texts[path]) for path in texts if _is_start_file(path)):
        # Only a sync worker is killed when one request takes that long; other workers go on beating.
        # https://docs.gunicorn.org/en/stable/settings.html#timeout
        found.pop("request_timeout", None)
    shown = {option: union(values) for option, values in found.items() if getattr(said, option) is None}
    return dataclasses.replace(said, **shown)  # type: ignore[arg-type]


def _is_start_file(path: str) -> bool:
    name = posixpath.basename(path)
    return name in _GUNICORN_FILES or name == "Procfile" or "Dockerfile" in name or "compose" in name


def _gunicorn_file(evaluator: Evaluator, path: str) -> Iterator[tuple[str, Value]]:
    """https://docs.gunicorn.org/en/stable/settings.html"""
    file = evaluator.project.file(path)
    if file is None:
        return
    for name, option in _GUNICORN.items():
        value = names.module_value(evaluator, file, name)
        if value is not None:
            yield option, exported(value)


def _commands(path: str, text: str) -> Iterator[tuple[str, Value]]:
    joined = text.replace("\\\n", " \0")
    number = 1
    for line in joined.split("\n"):
        match = _COMMAND.match(line)
        if match is not None and _SERVERS.search(line):
            yield from _options(_words(match.group(1).replace("\0", " ")), path, number, line)
        number += 1 + line.count("\0")


def _words(command: str) -> list[str]:
    command = command.strip()
    if command.startswith("["):
        try:
            items = json.loads(command.replace("'", '"'))
        except ValueError:
            items = []
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            # ["sh", "-c", "gunicorn ..."] holds a command as its last item.
            return _split(items[-1]) if len(items) > 1 and _SERVERS.search(items[-1]) and " " in items[-1] else items
    return _split(command.strip("\"'"))


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _options(words: list[str], path: str, number: int, line: str) -> Iterator[tuple[str, Value]]:
    is_gunicorn = any(word.rpartition("/")[2] == "gunicorn" for word in words)
    place = Place(path, number, len(line) - len(line.lstrip()) + 1, number, len(line.rstrip().replace("\0", "")) + 1)
    names = {"--workers": "workers", "-w": "workers"}
    if is_gunicorn:
        names |= {"--timeout": "request_timeout", "-t": "request_timeout"}
        # Gunicorn starts one worker unless it is told otherwise, as uvicorn does; a file may say more.
        if "--preload" in words:
            yield "preloads", Value.of(True, place)
    for index, word in enumerate(words):
        name, equals, given = word.partition("=")
        if name not in names and not (name[:2] == "-w" and name[2:].isdigit()):
            continue
        if name not in names:
            name, given = "-w", name[2:]
        elif not equals:
            given = words[index + 1] if index + 1 < len(words) else ""
        yield names[name], _number(given, place)


def _number(text: str, place: Place) -> Value:
    variable = _VARIABLE.fullmatch(text)
    if variable is not None:
        default = variable.group(2)
        if default is not None and default.isdigit():
            return Value((Option(int(default), place, variable.group(1)),))
        return unknown(f"the variable {variable.group(1)} says it")
    return Value.of(int(text), place) if text.isdigit() else unknown("it is no number")
