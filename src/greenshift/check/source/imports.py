"""What the names that a file imports mean."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.check.source.modules import Modules


def import_statements(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield every import of a file, those inside functions, classes and conditions included.

    Args:
        tree: the file's syntax tree.
    """
    pending: list[ast.AST] = list(reversed(tree.body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            for name in ("finalbody", "orelse", "handlers", "cases", "body"):
                pending.extend(reversed(getattr(node, name, ())))


def imported_names(tree: ast.Module, path: str, modules: Modules) -> dict[str, str]:
    """Return what a file's imported names mean, dotted; relative imports made absolute.

    Args:
        tree: the file's syntax tree.
        path: the file's path.
        modules: the project's modules.
    """
    found: dict[str, str] = {}
    for statement in import_statements(tree):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname:
                    found[alias.asname] = alias.name
                else:
                    top = alias.name.partition(".")[0]
                    found[top] = top
            continue
        source = from_module(statement, path, modules)
        for alias in statement.names:
            if alias.name != "*":
                found[alias.asname or alias.name] = f"{source}.{alias.name}" if source else alias.name
    return found


def from_module(statement: ast.ImportFrom, path: str, modules: Modules) -> str:
    """Return the dotted name of the module that ``from ... import`` names.

    Args:
        statement: the import.
        path: the importing file's path.
        modules: the project's modules.
    """
    if not statement.level:
        return statement.module or ""
    location = modules.relative(path, statement.level, statement.module or "")
    if location is None:
        return statement.module or ""
    file = modules.at(location)
    return modules.name(file) if file is not None else location.replace("/", ".").removeprefix("src.")
