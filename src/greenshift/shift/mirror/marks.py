"""Marks of async tests and fixtures where pytest-asyncio does not find them, or would give each a loop of its own."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

from greenshift.shift.mirror.units import Unit
from greenshift.shift.project import Source
from greenshift.shift.rewrite.edits import Edits

MARK = '@pytest.mark.asyncio(loop_scope="session")'
FIXTURE = "pytest_asyncio.fixture"
_SCOPES = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")
Import = tuple[str, str, str]


def marked(unit: Unit, *, needs_marks: bool) -> tuple[str, list[Import]]:
    """Return a piece's text with what makes pytest-asyncio run it, and what that imports.

    Args:
        unit: The piece.
        needs_marks: Whether the project's settings leave that to marks.
    """
    if not needs_marks or not unit.is_async or not isinstance(unit.node, ast.AsyncFunctionDef):
        return unit.text, []
    prefix = "if 1:\n" if unit.indentation else ""
    source = Source("unit.py", prefix + unit.text)
    function = next(one for one in source.nodes if isinstance(one, ast.AsyncFunctionDef))
    edits = Edits(source)
    if unit.is_fixture:
        imports = _mark_fixture(source, edits, function)
    elif unit.is_test and not any("asyncio" in ast.unparse(one) for one in function.decorator_list):
        first = function.decorator_list[0] if function.decorator_list else function
        offset = source.line_start(source.start(first))
        edits.insert(offset, f"{unit.indentation}{MARK}\n")
        imports = [("pytest", "", "pytest")]
    else:
        return unit.text, []
    return edits.apply()[len(prefix) :], imports


def _mark_fixture(source: Source, edits: Edits, function: ast.AsyncFunctionDef) -> list[Import]:
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not ast.unparse(called).endswith("fixture"):
            continue
        edits.replace_node(called, FIXTURE)
        if not isinstance(decorator, ast.Call):
            edits.insert_after(decorator, '(loop_scope="session")')
        elif not any(one.arg == "loop_scope" for one in decorator.keywords):
            end = source.end(decorator) - 1
            has_arguments = bool(decorator.args or decorator.keywords)
            before = source.text[source.end(called) : end].rstrip()
            comma = ", " if has_arguments and not before.endswith(",") else ""
            edits.replace(end, end + 1, f'{comma}loop_scope="session")')
    return [("pytest_asyncio", "", "pytest_asyncio")]


def needs_marks(root: Path) -> bool:
    """Whether pytest-asyncio needs marks to run every async test and fixture in one loop.

    Args:
        root: The folder with the project's settings.
    """
    settings = _settings(root)
    if settings.get("asyncio_mode") != "auto":
        return True
    return any(settings.get(name) != "session" for name in _SCOPES)


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
