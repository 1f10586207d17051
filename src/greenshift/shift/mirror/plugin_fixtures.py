"""The fixtures of Greenshift's plugin: what the sync ones are for the analysis, and the async ones in their place."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from greenshift.shift.project import Source
from greenshift.shift.rewrite.edits import Edits

FILE = "_greenshift_plugin/fixtures.py"
TEXT = """import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker


@pytest.fixture
def db_engine() -> Engine: ...


@pytest.fixture
def db_session_factory() -> sessionmaker[Session]: ...


@pytest.fixture
def db_session() -> Session: ...
"""
ASYNC = {
    "db_engine": "async_db_engine",
    "db_session_factory": "async_db_session_factory",
    "db_session": "async_db_session",
}
FACTORY = "async_db_session_factory"
KEEPING = '''@pytest.fixture
def async_db_session_factory(async_db_session_factory):
    """After a commit nothing is loaded again by being read, which async code could not do."""
    async_db_session_factory.configure(expire_on_commit=False)
    return async_db_session_factory
'''


def on_async_fixtures(source: Source, own: Collection[str]) -> Source:
    """Return a module whose tests and fixtures ask for the plugin's async fixtures in place of the sync ones.

    Args:
        source: The module.
        own: Fixtures of the tests' own with such a name, which keep it.
    """
    return asking_for(source, {old: new for old, new in ASYNC.items() if old not in own})


def asking_for(source: Source, names: Mapping[str, str]) -> Source:
    """Return a module whose tests and fixtures ask for other fixtures.

    Args:
        source: The module.
        names: What each fixture is replaced by.
    """
    edits = Edits(source)
    inside: set[ast.AST] = set()
    for function in source.nodes:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function in inside:
            continue
        if not _is_called_by_pytest(function):
            # A helper's parameter may be called as it likes.
            continue
        asked = {one.arg for one in function.args.args + function.args.kwonlyargs} & names.keys()
        inside.update(ast.walk(function))
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in asked:
                edits.replace_node(node, names[node.id])
            elif isinstance(node, ast.arg) and node.arg in asked:
                start = source.start(node)
                edits.replace(start, start + len(node.arg), names[node.arg])
    for node in source.nodes:
        if isinstance(node, ast.Constant) and node.value in names and _is_in_usefixtures(source, node):
            edits.replace_node(node, repr(names[str(node.value)]).replace("'", '"'))
    return Source(source.file, edits.apply()) if edits else source


def _is_called_by_pytest(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.name.startswith("test") or any("fixture" in ast.unparse(one) for one in function.decorator_list)


def _is_in_usefixtures(source: Source, constant: ast.Constant) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("usefixtures", "getfixturevalue")
        and constant in node.args
        for node in source.nodes
    )
