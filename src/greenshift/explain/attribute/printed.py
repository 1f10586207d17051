"""What a printed traceback says of an attribute that could not be loaded."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import Final

from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.failure import Failure, Frame
from greenshift.explain.python_source import parse

# Greenshift's own MissingGreenlet names the attribute.
_NAMED: Final = re.compile(r"(?P<model>\w+)\.(?P<attribute>\w+) is not loaded, and was read outside")
_CARETS: Final = re.compile(r"^\s*~*\^+~*\s*$")
_SQL: Final = re.compile(r"^\[SQL: (?P<sql>.+?)\]?$", re.MULTILINE)


def with_names(read: AttributeRead, failure: Failure) -> AttributeRead:
    """Return a read with the names that the text gives, where the read has none.

    Args:
        read: from the frames of a printed traceback.
        failure: the traceback.
    """
    if read.instance is not None:
        return read
    if found := _NAMED.search(failure.text):
        return replace(read, model=found["model"], attribute=found["attribute"])
    if read.attribute is None and read.frame is not None:
        return replace(read, attribute=_attribute(read.frame, failure.text))
    return read


def table_of(failure: Failure) -> str | None:
    """Return the table that the load would have read, where the error prints its SQL (psycopg's does)."""
    found = _SQL.search(failure.text)
    from_table = None if found is None else re.search(r"\bFROM (\"?[\w.]+\"?)", failure.text[found.start() :])
    return None if from_table is None else from_table[1].strip('"')


def _attribute(frame: Frame, text: str) -> str | None:
    """Return the attribute that a line of code reads: the one under the carets, or the only one it can be."""
    marked = _marked(frame, text)
    if marked is not None:
        names = re.findall(r"\.\s*([A-Za-z_]\w*)\s*$", marked)
        return names[-1] if names else None
    read = _attributes(frame.code)
    return read[0] if len(set(read)) == 1 else None


def _marked(frame: Frame, text: str) -> str | None:
    lines = text.splitlines()
    header = f'File "{frame.file}", line {frame.line}'
    for number, line in enumerate(lines[:-2]):
        if line.strip().startswith(header) and lines[number + 1].strip() == frame.code:
            carets = lines[number + 2]
            if not _CARETS.match(carets):
                continue
            begin = len(carets) - len(carets.lstrip())
            return lines[number + 1][begin : len(carets.rstrip())]
    return None


def _attributes(code: str) -> list[str]:
    """Return the attributes of variables that a line reads and does not call, ``owner`` of ``account.owner.name``."""
    tree = _parsed(code)
    if tree is None:
        return re.findall(r"\b[a-z_]\w*\.([a-z_]\w*)\b(?!\s*\()", code)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and id(node) not in called
    ]


def _parsed(code: str) -> ast.AST | None:
    for attempt in (
        code,
        f"{code}\n    pass",
        f"async def _():\n    {code}",
        f"async def _():\n    {code}\n        pass",
    ):
        try:
            return parse(attempt)
        except SyntaxError:
            continue
    return None
