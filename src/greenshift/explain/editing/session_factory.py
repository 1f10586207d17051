"""The call that makes the application's asyncio sessions, and ``expire_on_commit=False`` put into it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Final

import libcst as cst

from greenshift.explain.editing.source import Source, last_name, read_source
from greenshift.explain.explanation import Edit
from greenshift.explain.python_source import parse
from greenshift.trace import is_test_file, is_user_file

OPTION: Final = "expire_on_commit=False"
_MAKERS: Final = frozenset({"async_sessionmaker", "AsyncSession"})
_NAMES: Final = _MAKERS | {"sessionmaker", "Session", "configure"}
_WORDS: Final = (b"sessionmaker", b"Session(", b"expire_on_commit")
_LIMIT: Final = 400


def keep_after_commit(files: list[str], *, asynchronous: bool | None = True) -> Edit | None:
    """Return the edit that keeps objects loaded after a commit, where one call alone makes the sessions.

    Args:
        files: files of the application; those of the same package, or of the same folder, are looked at as well.
        asynchronous: whether asyncio sessions are meant, or those of ``Session``; None for either.
    """
    found = []
    for path in _application(files):
        for name, line in _calls(path):
            source = read_source(path, line)
            for call in () if source is None else source.nodes(cst.Call):
                if source is None or source.range(call).start.line != line or last_name(call.func) != name:
                    continue
                if name == "configure" and _keyword(call, "expire_on_commit"):
                    return None
                if _makes(call, name, asynchronous):
                    found.append((source, call))
    if len(found) != 1:
        return None
    source, call = found[0]
    if any(argument.star == "**" for argument in call.args):
        return None
    return _changed(source, call) if _keyword(call, "expire_on_commit") else _with_option(source, call)


def _makes(call: cst.Call, name: str | None, asynchronous: bool | None) -> bool:
    is_async = name in _MAKERS or (name == "sessionmaker" and _class_is_async(call))
    is_sync = not is_async and name in {"sessionmaker", "Session"}
    return is_async or is_sync if asynchronous is None else is_async if asynchronous else is_sync


def _class_is_async(call: cst.Call) -> bool:
    return any(
        argument.keyword is not None and argument.keyword.value == "class_" and last_name(argument.value) in _MAKERS
        for argument in call.args
    )


def _keyword(call: cst.Call, name: str) -> bool:
    return any(argument.keyword is not None and argument.keyword.value == name for argument in call.args)


def _application(files: list[str]) -> list[str]:
    """Return the files of the loaded modules that belong to the same package or folder as the given ones.

    The code of tests, which makes sessions of its own, counts only where it read the attribute itself.
    """
    of_application = bool(files) and not is_test_file(files[0])
    files = [one for one in files if not (of_application and is_test_file(one))]
    paths = {str(Path(one).resolve()): one for one in files}
    folders = {str(Path(one).parent) for one in paths}
    packages = set()
    loaded: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py") or not is_user_file(path):
            continue
        if of_application and is_test_file(path):
            continue
        resolved = str(Path(path).resolve())
        loaded[resolved] = name
        if resolved in paths and "." in name:
            packages.add(name.partition(".")[0])
    for path, name in loaded.items():
        if name.partition(".")[0] in packages or str(Path(path).parent) in folders:
            paths.setdefault(path, path)
    return sorted(paths)[:_LIMIT]


def _calls(path: str) -> set[tuple[str, int]]:
    """Return the calls of a file that may make or configure sessions, each with its line."""
    try:
        text = Path(path).read_bytes()
        tree = parse(text) if any(word in text for word in _WORDS) else None
    except (OSError, SyntaxError, ValueError):
        return set()
    found = set()
    for node in () if tree is None else ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if name in _NAMES:
                found.add((name, node.lineno))
    return found


def _with_option(source: Source, call: cst.Call) -> Edit | None:
    title = f"keep objects loaded after a commit: {OPTION}"
    if not call.args:
        return None
    last = call.args[-1]
    where = source.range(last)
    before = source.lines[where.start.line - 1][: where.start.column]
    own_line = not before.strip() and where.start.line > source.range(call).start.line
    return source.insertion(where.end, f",\n{before}{OPTION}" if own_line else f", {OPTION}", title)


def _changed(source: Source, call: cst.Call) -> Edit | None:
    """Turn a written ``expire_on_commit=True`` into False; anything but the constant is the user's to decide."""
    for argument in call.args:
        if argument.keyword is None or argument.keyword.value != "expire_on_commit":
            continue
        if isinstance(argument.value, cst.Name) and argument.value.value == "True":
            start = source.range(argument.value).start
            title = f"keep objects loaded after a commit: {OPTION}"
            return Edit(source.path, start.line, start.column, "True", "False", title)
    return None
