"""Marks of async tests and fixtures where pytest-asyncio does not find them, or would give each a loop of its own."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from greenshift.shift.mirror.units import Unit
from greenshift.shift.project import Source
from greenshift.shift.rewrite.edits import Edits

MARK = "@pytest.mark.asyncio"
SESSION = '(loop_scope="session")'
FIXTURE = "pytest_asyncio.fixture"
_SCOPES = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")
Import = tuple[str, str, str]
Marks = Literal["none", "plain", "session"]


@dataclass(frozen=True)
class AsyncioSettings:
    """What a project's settings say to pytest-asyncio.

    Attributes:
        is_auto: Whether every coroutine function is a test or fixture of its.
        is_session: Whether all of them run in one loop.
    """

    is_auto: bool
    is_session: bool

    def marks(self, *, uses_own: bool) -> Marks:
        """Return how tests and fixtures are marked: one loop for all, unless there are async fixtures already.

        Args:
            uses_own: Whether the mirror uses async fixtures that were there before, which run where the settings say.
        """
        if self.is_auto and (uses_own or self.is_session):
            return "none"
        return "plain" if uses_own else "session"


def marked(unit: Unit, marks: Marks) -> tuple[str, list[Import]]:
    """Return a piece's text with what makes pytest-asyncio run it, and what that imports.

    Args:
        unit: The piece.
        marks: How tests and fixtures are marked.
    """
    if marks == "none" or not unit.is_async or not isinstance(unit.node, ast.AsyncFunctionDef):
        return unit.text, []
    prefix = "if 1:\n" if unit.indentation else ""
    source = Source("unit.py", prefix + unit.text)
    function = next(one for one in source.nodes if isinstance(one, ast.AsyncFunctionDef))
    edits = Edits(source)
    if unit.is_fixture:
        imports = _mark_fixture(source, edits, function, is_session=marks == "session")
    elif unit.is_test and not any("asyncio" in ast.unparse(one) for one in function.decorator_list):
        first = function.decorator_list[0] if function.decorator_list else function
        offset = source.line_start(source.start(first))
        edits.insert(offset, f"{unit.indentation}{MARK}{SESSION if marks == 'session' else ''}\n")
        imports = [("pytest", "", "pytest")]
    else:
        return unit.text, []
    return edits.apply()[len(prefix) :], imports


def _mark_fixture(source: Source, edits: Edits, function: ast.AsyncFunctionDef, *, is_session: bool) -> list[Import]:
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not ast.unparse(called).endswith("fixture"):
            continue
        edits.replace_node(called, FIXTURE)
        if not is_session:
            continue
        if not isinstance(decorator, ast.Call):
            edits.insert_after(decorator, SESSION)
        elif not any(one.arg == "loop_scope" for one in decorator.keywords):
            end = source.end(decorator) - 1
            has_arguments = bool(decorator.args or decorator.keywords)
            before = source.text[source.end(called) : end].rstrip()
            comma = ", " if has_arguments and not before.endswith(",") else ""
            edits.replace(end, end + 1, f'{comma}loop_scope="session")')
    return [("pytest_asyncio", "", "pytest_asyncio")]


def asyncio_settings(folder: Path, root: Path) -> AsyncioSettings:
    """Return what a project's settings say to pytest-asyncio.

    Args:
        folder: The tests' folder.
        root: The project's folder: settings are looked for in both, and between them.
    """
    folders = [one for one in (folder, *folder.parents) if one == root or root in one.parents]
    settings = next((found for one in folders if (found := _settings(one))), {})
    return AsyncioSettings(
        settings.get("asyncio_mode") == "auto", all(settings.get(name) == "session" for name in _SCOPES)
    )


def _settings(root: Path) -> dict[str, Any]:
    """The project's settings of pytest, of the file that pytest would take."""
    for name in ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        path = root / name
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
            if name == "pyproject.toml":
                tool = tomllib.loads(text).get("tool", {}).get("pytest", {})
                if tool:
                    return {**tool, **tool.get("ini_options", {})}
                continue
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string(text)
        except (OSError, ValueError, configparser.Error):
            continue
        section = "tool:pytest" if name == "setup.cfg" else "pytest"
        if parser.has_section(section) or re.fullmatch(r"\.?pytest\.ini", name):
            return dict(parser[section]) if parser.has_section(section) else {}
    return {}
