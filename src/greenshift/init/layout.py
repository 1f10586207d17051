"""Where the tests lie, how pytest is configured, and what the tests use so far."""

from __future__ import annotations

import ast
import posixpath
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from greenshift.check.facts import Requirements
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static.requirements import read_requirements
from greenshift.init.source_tree import SourceTree
from greenshift.shift.settings.ini_lines import IniLines
from greenshift.shift.settings.pytest_settings import FILES, holds_settings

FIXTURES: Final = (
    "db", "db_engine", "async_db_engine", "db_session_factory", "async_db_session_factory", "db_session",
    "async_db_session", "async_client", "db_queries",
)  # fmt: skip
SOURCES: Final = ("pytest-postgresql", "pytest-sqla", "testcontainers", "conftest")
_SECTIONS: Final = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_BY_HAND: Final = re.compile(r"create_engine\(|create_async_engine\(|create_all|dependency_overrides|begin_nested\(")
_MIGRATES: Final = re.compile(r"command\.upgrade\(|alembic[\"', ]+upgrade")


@dataclass
class Layout:
    """How a project is tested.

    Attributes:
        folder: the tests' folder.
        has_tests: whether there are any.
        settings: the file with pytest's settings; None where there is none.
        values: those settings.
        requirements: what the project says it needs.
        asynchronous: ``asyncio``, ``anyio``, or empty where no test is asynchronous.
        shadowing: the project's own fixtures that have the names of Greenshift's, each with its place.
        uses: what makes the tests' database so far: of :data:`SOURCES`.
        migrates: where the tests run Alembic's migrations; empty where they do not.
    """

    folder: str = "tests"
    has_tests: bool = False
    settings: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    requirements: Requirements = field(default_factory=Requirements)
    asynchronous: str = ""
    shadowing: list[tuple[str, str]] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    migrates: str = ""


def find_layout(tree: SourceTree) -> Layout:
    """Return how a project is tested.

    Args:
        tree: its files.
    """
    found = Layout(requirements=read_requirements(tree.texts))
    found.settings, found.values = _pytest_settings(tree.root)
    tests = [file for file in tree.tests if posixpath.basename(file.path).startswith(("test", "conftest"))]
    found.has_tests = bool(tests)
    found.folder = _folder(found.values, tests)
    found.asynchronous = _asynchronous(found, tree.tests)
    for file in tree.tests:
        text = file.text
        functions: list[FunctionNode] = [*file.nodes(ast.FunctionDef), *file.nodes(ast.AsyncFunctionDef)]
        for node in functions:
            name = fixture_name(file, node)
            if name in FIXTURES:
                found.shadowing.append((name, f"{file.path}:{node.lineno}"))
        runs = _MIGRATES.search(text)
        # A test of the migrations themselves says nothing of how the others get their tables.
        if runs is not None and not found.migrates and not posixpath.basename(file.path).startswith("test_"):
            found.migrates = f"{file.path}:{text[: runs.start()].count(chr(10)) + 1}"
    found.uses = _uses(tree)
    return found


def fixture_name(file: SourceFile, node: FunctionNode) -> str | None:
    """Return the name of the fixture that a function is; None where it is none.

    Args:
        file: its file.
        node: the function.
    """
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = file.name(called) or ""
        if name.rpartition(".")[2] == "fixture" and name.partition(".")[0] in ("pytest", "pytest_asyncio", "fixture"):
            for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
            return node.name
    return None


def _pytest_settings(root: Path) -> tuple[str | None, Mapping[str, Any]]:
    for name in FILES:
        path = root / name
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if not holds_settings(name, text):
            continue
        if name.endswith(".toml"):
            try:
                table = tomllib.loads(text)
            except tomllib.TOMLDecodeError:
                continue
            if name == "pyproject.toml":
                table = table["tool"]["pytest"]
                table = table.get("ini_options", table)
            else:
                table = table.get("pytest", {})
            return name, table
        return name, {one.key: one.value for one in IniLines(text).options if one.section == _SECTIONS[name]}
    return None, {}


def _folder(values: Mapping[str, Any], tests: list[SourceFile]) -> str:
    said = values.get("testpaths")
    words = said.split() if isinstance(said, str) else list(said or ())
    if words and "*" not in words[0]:
        return str(words[0]).strip("/").removeprefix("./") or "tests"
    folders = [posixpath.dirname(file.path) for file in tests if not file.path.endswith("__init__.py")]
    if not folders:
        return "tests"
    shared = posixpath.commonpath(folders) if all(folders) else ""
    return shared or min(folders, key=lambda one: (one == "", "test" not in one, one.count("/"), one)) or "."


def _asynchronous(found: Layout, tests: list[SourceFile]) -> str:
    is_async = any(node.name.startswith("test") for file in tests for node in file.nodes(ast.AsyncFunctionDef))
    if found.requirements.has("pytest-asyncio") or "asyncio_mode" in found.values:
        return "asyncio"
    if any("pytest.mark.asyncio" in file.text or "pytest_asyncio" in file.text for file in tests):
        return "asyncio"
    if any("mark.anyio" in file.text for file in tests):
        return "anyio"
    return "asyncio" if is_async else ""


def _uses(tree: SourceTree) -> list[str]:
    texts = [file.text for file in tree.tests if file.path.rpartition("/")[2] == "conftest.py"]
    texts += [text for path, text in tree.texts.items() if path.endswith(("fixtures.py",)) and "test" in path]
    whole = "\n".join(texts)
    found = []
    if "pytest_postgresql" in whole or re.search(r"def \w+\([^)]*\bpostgresql\b", whole):
        found.append("pytest-postgresql")
    if re.search(r"\bsqla_(session|async_session|engine|sessionmaker|async_sessionmaker|url|metadata)\b", whole) or (
        re.search(r"^\s*\"?sqla_(url|metadata|async_url)\b", "\n".join(_setting_texts(tree)), re.MULTILINE)
    ):
        found.append("pytest-sqla")
    if "testcontainers" in whole:
        found.append("testcontainers")
    if not found and _BY_HAND.search(whole):
        found.append("conftest")
    return found


def _setting_texts(tree: SourceTree) -> list[str]:
    paths = [tree.root / name for name in FILES]
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()]
