"""A file without the functions that a line is not in: what is left takes a fraction of the time to parse."""

from __future__ import annotations

import ast

from greenshift.explain.python_source import parse

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def focused(text: str, line: int) -> str:
    """Return a file whose functions and classes are emptied, except those around a line.

    Every line that is left stays where it was, so that positions are those of the whole file.

    Args:
        text: the file's text, which only ``\\n`` or ``\\r\\n`` or ``\\r`` divide into lines.
        line: the line that counts, from 1.

    Raises:
        SyntaxError: the text is no Python.
    """
    lines = text.splitlines(keepends=True)
    _empty(parse(text).body, line, lines)
    return "".join(lines)


def _empty(body: list[ast.stmt], line: int, lines: list[str]) -> None:
    for statement in body:
        if not isinstance(statement, _Definition):
            continue
        first, last = _first_line(statement.body[0]), statement.end_lineno or statement.lineno
        if _first_line(statement) <= line <= last:
            _empty(statement.body, line, lines)
        elif first > _head(statement):
            text = lines[first - 1]
            indentation = text[: len(text) - len(text.lstrip())]
            lines[first - 1] = f"{indentation}...{_end(text)}"
            for number in range(first, last):
                lines[number] = _end(lines[number])


def _first_line(statement: ast.stmt) -> int:
    decorators = statement.decorator_list if isinstance(statement, _Definition) else []
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _head(statement: _Definition) -> int:
    """Return the last line on which a part of the head stands, which the body may share."""
    parts: list[ast.AST] = list(ast.iter_child_nodes(statement))
    inside = {id(one) for one in statement.body}
    ends = [getattr(one, "end_lineno", None) or 0 for one in parts if id(one) not in inside]
    return max([statement.lineno, *ends])


def _end(text: str) -> str:
    return text[len(text.rstrip("\r\n")) :]
