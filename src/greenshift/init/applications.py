"""The application: the object that a server runs, or the function that makes it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.init.source_tree import SourceTree, assigned, statements

_ASGI: Final = frozenset(
    {
        "fastapi.FastAPI",
        "fastapi.applications.FastAPI",
        "starlette.applications.Starlette",
        "litestar.Litestar",
        "litestar.app.Litestar",
        "quart.Quart",
        "quart.app.Quart",
    }
)
_WSGI: Final = frozenset({"flask.Flask", "flask.app.Flask", "apiflask.APIFlask"})
_SERVED: Final = re.compile(r"([\w.]+):(\w+)")


@dataclass(frozen=True)
class Application:
    """One application.

    Attributes:
        path: ``module:attribute``.
        place: where it is.
        is_wsgi: whether it is a WSGI application.
        is_factory: whether it is a function that makes it.
        score: how sure it is the one that is served: what tests import, and what start files name.
    """

    path: str
    place: str
    is_wsgi: bool
    is_factory: bool
    score: tuple[int, ...]


def find_applications(tree: SourceTree) -> tuple[list[Application], list[tuple[str, str]]]:
    """Return the applications, the most likely first, and the functions that make one of arguments, with their places.

    Args:
        tree: the project's files.
    """
    found_with_arguments: list[tuple[str, str]] = []
    factories = _factories(tree)
    served = {f"{module}:{name}" for text in tree.start_files for module, name in _SERVED.findall(text)}
    tested = _imported_by_tests(tree)
    found: list[Application] = []

    def add(file: SourceFile, name: str, line: int, *, is_wsgi: bool, is_factory: bool) -> None:
        path = f"{file.module}:{name}"
        score = (
            sum(one == path or one.endswith(f".{path}") or path.endswith(f".{one}") for one in served),
            tested.count(f"{file.module}.{name}"),
            int(not is_factory),
            int(name in ("app", "application", "create_app")),
            -file.path.count("/"),
        )
        found.append(Application(path, f"{file.path}:{line}", is_wsgi, is_factory, score))

    for file in tree.sources:
        for node in statements(file.tree.body):
            one = assigned(node)
            if one is not None and isinstance(one[1], ast.Call):
                maker = tree.meant(file, one[1].func)
                if maker in _ASGI | _WSGI or maker in factories:
                    add(
                        file,
                        one[0],
                        node.lineno,
                        is_wsgi=maker in _WSGI or factories.get(maker, False),
                        is_factory=False,
                    )
            if not isinstance(node, FunctionNode) or f"{file.module}.{node.name}" not in factories:
                continue
            is_wsgi = factories[f"{file.module}.{node.name}"]
            if _needs_arguments(node) and not is_wsgi:
                found_with_arguments.append((f"{file.module}:{node.name}", f"{file.path}:{node.lineno}"))
            else:
                add(file, node.name, node.lineno, is_wsgi=is_wsgi, is_factory=True)
    return sorted(found, key=lambda one: one.score, reverse=True), found_with_arguments


def _needs_arguments(node: FunctionNode) -> bool:
    """Whether Greenshift does not take it for a factory: it calls functions without any parameter."""
    arguments = node.args
    return bool(arguments.args or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)


def _factories(tree: SourceTree) -> dict[str, bool]:
    """The functions that return an application, and whether that is a WSGI one."""
    found: dict[str, bool] = {}
    for _ in range(2):  # one may return what another makes
        for file in tree.sources:
            for node in statements(file.tree.body):
                if not isinstance(node, ast.FunctionDef):
                    continue
                made = {
                    one[0]: tree.meant(file, one[1].func)
                    for statement in ast.walk(node)
                    if isinstance(statement, ast.Assign | ast.AnnAssign)
                    and (one := assigned(statement)) is not None
                    and isinstance(one[1], ast.Call)
                }
                for statement in ast.walk(node):
                    if not isinstance(statement, ast.Return):
                        continue
                    value, maker = statement.value, ""
                    if isinstance(value, ast.Name):
                        maker = made.get(value.id, "")
                    elif isinstance(value, ast.Call):
                        maker = tree.meant(file, value.func)
                    if maker in _ASGI | _WSGI or maker in found:
                        found[f"{file.module}.{node.name}"] = maker in _WSGI or found.get(maker, False)
    return found


def _imported_by_tests(tree: SourceTree) -> list[str]:
    """The dotted names that tests import, as often as they do."""
    return [
        tree.meant(file, ast.Name(alias.asname or alias.name))
        for file in tree.tests
        for node in file.nodes(ast.ImportFrom)
        for alias in node.names
        if alias.name != "*"
    ]
