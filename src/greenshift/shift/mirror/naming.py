"""What is called what in a mirror."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from greenshift.shift.project import Source
from greenshift.shift.rewrite.edits import Edits

_DEFINED = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")


def mirror_file_name(file: str) -> str:
    """Return a mirror's path: ``tests/test_postgres.py`` becomes ``tests/test_async_postgres.py``.

    Args:
        file: The source's path.
    """
    path = PurePosixPath(file)
    name = f"test_async_{path.name[5:]}" if path.name.startswith("test_") else f"async_{path.name}"
    return path.with_name(name).as_posix()


def mirror_name(name: str) -> str:
    """Return a test's name in the mirror: ``test_async_crud`` for ``test_crud``, ``TestAsyncUsers`` for ``TestUsers``.

    Args:
        name: The name of a test function or test class.
    """
    if name.startswith("test_"):
        return f"test_async_{name[5:]}"
    if name.startswith("Test"):
        return f"TestAsync{name[4:]}"
    return f"{name}_async" if name.startswith("test") else f"Async{name}"


def renamed(source: Source, names: Mapping[str, str]) -> Source:
    """Return a module in which functions, classes and variables are called otherwise.

    Args:
        source: The module.
        names: Old name to new name; methods by their plain names too.
    """
    edits = Edits(source)
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id in names:
            edits.replace_node(node, names[node.id])
        elif isinstance(node, ast.arg) and node.arg in names:
            start = source.start(node)
            edits.replace(start, start + len(node.arg), names[node.arg])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in names:
            rename_definition(source, edits, node, names[node.name])
    return Source(source.file, edits.apply()) if edits else source


def rename_definition(
    source: Source, edits: Edits, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, new: str
) -> None:
    """Give a function or class another name where it is defined.

    Args:
        source: Its file.
        edits: The file's edits.
        node: The definition.
        new: Its new name.
    """
    found = _DEFINED.match(source.text, source.start(node))
    if found is not None:
        edits.replace(found.start(1), found.end(1), new)
