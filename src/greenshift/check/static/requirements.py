"""What the project says that it needs: pyproject.toml, requirements files, setup.cfg, Pipfile, each with its place."""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from greenshift.check.facts.requirements import Requirements
from greenshift.report.findings import Place

_FILE: Final = re.compile(r"(.*/)?([\w.-]*requirements[\w.-]*|requirements/[\w.-]+)\.(txt|in)")
_INCLUDE: Final = re.compile(r"(?:-r|--requirement)[ =]?\s*(\S+)")


def read_requirements(texts: Mapping[str, str]) -> Requirements:
    """Return what the project's files say that it needs; what cannot be read says nothing.

    Args:
        texts: path to text.
    """
    found: dict[str, list[tuple[Requirement, Place]]] = {}
    seen: set[tuple[str, str]] = set()
    for path in sorted(texts):
        for requirement, place in _of_file(path, texts, frozenset()):
            key = (str(place), str(requirement))
            if key not in seen:
                seen.add(key)
                found.setdefault(canonicalize_name(requirement.name), []).append((requirement, place))
    return Requirements({name: tuple(items) for name, items in found.items()})


def _of_file(path: str, texts: Mapping[str, str], above: frozenset[str]) -> Iterator[tuple[Requirement, Place]]:
    name = posixpath.basename(path)
    if name == "pyproject.toml":
        yield from _pyproject(path, texts[path])
    elif name == "Pipfile":
        yield from _pipfile(path, texts[path])
    elif name == "setup.cfg":
        yield from _setup(path, texts[path])
    elif _FILE.fullmatch(path) or above:
        yield from _lines(path, texts, above)


def _lines(path: str, texts: Mapping[str, str], above: frozenset[str]) -> Iterator[tuple[Requirement, Place]]:
    lines = texts[path].splitlines()
    for number, line in enumerate(lines, 1):
        included = _INCLUDE.match(line.strip())
        if included is not None:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), included.group(1)))
            if other in texts and other not in above and other != path:
                yield from _of_file(other, texts, above | {path})
            continue
        text = re.split(r"\s#|\s--hash|\s\\", line.strip())[0].strip().rstrip("\\").strip()
        yield from _parsed(text, Place(path, number, line.find(text) + 1, number, line.find(text) + 1 + len(text)))


def _parsed(text: str, place: Place) -> Iterator[tuple[Requirement, Place]]:
    if not text or text.startswith(("#", "-")):
        return
    try:
        yield Requirement(text), place
    except InvalidRequirement:
        return


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _pyproject(path: str, text: str) -> Iterator[tuple[Requirement, Place]]:
    data = _loaded(text)
    project = _table(data.get("project"))
    written = [*_texts(project.get("dependencies"))]
    for group in _table(project.get("optional-dependencies")).values():
        written += _texts(group)
    for group in _table(data.get("dependency-groups")).values():
        written += _texts(group)
    written += _texts(_table(_table(data.get("tool")).get("uv")).get("dev-dependencies"))
    for item in written:
        yield from _parsed(item, _place(path, text, item))
    poetry = _table(_table(data.get("tool")).get("poetry"))
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    for table in tables:
        for name, version in _table(table).items():
            if name != "python":
                yield from _poetry(name, version, _place(path, text, name))


def _pipfile(path: str, text: str) -> Iterator[tuple[Requirement, Place]]:
    data = _loaded(text)
    for section in ("packages", "dev-packages"):
        for name, version in _table(data.get(section)).items():
            yield from _poetry(name, version, _place(path, text, name))


def _setup(path: str, text: str) -> Iterator[tuple[Requirement, Place]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    written = parser.get("options", "install_requires", fallback="").splitlines()
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            written += value.splitlines()
    for item in written:
        if item.strip():
            yield from _parsed(item.strip(), _place(path, text, item.strip()))


def _poetry(name: str, version: Any, place: Place) -> Iterator[tuple[Requirement, Place]]:
    """https://python-poetry.org/docs/dependency-specification/"""
    extras = ""
    if isinstance(version, dict):
        given = _texts(version.get("extras"))
        extras = f"[{','.join(given)}]" if given else ""
        version = version.get("version", "*")
    if isinstance(version, list):
        version = version[0].get("version", "*") if version and isinstance(version[0], dict) else "*"
    if isinstance(version, str):
        parts = [part.strip() for part in version.split(",")]
        yield from _parsed(f"{name}{extras}{','.join(_specifiers(parts))}", place)


def _specifiers(parts: list[str]) -> Iterator[str]:
    for part in parts:
        if part in ("*", "") or "||" in part:
            continue
        if part[0] in "^~" and not part.startswith("~="):
            yield from _caret(part)
        elif part[0].isdigit():
            yield f"=={part}"
        else:
            yield part.replace(" ", "")


def _caret(part: str) -> Iterator[str]:
    numbers = re.findall(r"\d+", part.partition("-")[0])
    if not numbers:
        return
    lower = part[1:].strip()
    values = [int(number) for number in numbers]
    if part[0] == "^":
        index = next((place for place, value in enumerate(values) if value), len(values) - 1)
    else:
        index = min(1, len(values) - 1)
    upper = [*values[:index], values[index] + 1]
    yield f">={lower}"
    yield "<" + ".".join(str(value) for value in upper)


def _table(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {}


def _texts(item: Any) -> list[str]:
    return [text for text in item if isinstance(text, str)] if isinstance(item, list) else []


def _place(path: str, text: str, wanted: str) -> Place:
    """Where a requirement is written: as a whole quoted text, else at the start of a line, else anywhere."""
    for expression in (rf"[\"']{re.escape(wanted)}[\"']", rf"^\s*[\"']?{re.escape(wanted)}\b", re.escape(wanted)):
        match = re.search(expression, text, re.MULTILINE)
        if match is not None:
            start = match.start() + match.group().index(wanted)
            line = text.count("\n", 0, start) + 1
            column = start - (text.rfind("\n", 0, start) + 1) + 1
            return Place(path, line, column, line, column + len(wanted))
    return Place(path, 1, 1, 1, 1)
