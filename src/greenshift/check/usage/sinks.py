"""Where a program shows something to people: what it prints, logs, raises, warns of, and answers requests with."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.usage import Usage

_LOGGING: Final = ("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log")
_PRINTING: Final = frozenset(
    {"print", "pprint.pprint", "rich.print", "click.echo", "click.secho", "typer.echo", "typer.secho", "sys.exit"}
)


@dataclass(frozen=True, slots=True)
class Sink:
    """One place that shows something.

    Attributes:
        values: what is shown.
        what: where it goes, for a message.
    """

    values: tuple[ast.expr, ...]
    what: str


def sinks(usage: Usage, file: SourceFile) -> Iterator[Sink]:
    """Yield what a file shows to people.

    Args:
        usage: how the program uses its engines.
        file: the file.
    """
    for call in file.nodes(ast.Call):
        what = _where(file, call)
        if what:
            yield Sink((*call.args, *(keyword.value for keyword in call.keywords)), what)
    for raised in file.nodes(ast.Raise):
        if isinstance(raised.exc, ast.Call):
            given = (*raised.exc.args, *(keyword.value for keyword in raised.exc.keywords))
            yield Sink(given, "an exception's message")
    for returned in file.nodes(ast.Return):
        function = file.function(returned)
        if returned.value is not None and function is not None and usage.roles.of(function) == "route":
            yield Sink((returned.value,), f"the answer of {function.name}")


def shown_parts(values: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Yield the expressions whose text is part of what is shown; what other calls make of theirs is not known.

    Args:
        values: what is shown.
    """
    pending = list(values)
    while pending:
        node = pending.pop(0)
        yield node
        if isinstance(node, ast.JoinedStr):
            pending.extend(node.values)
        elif isinstance(node, ast.FormattedValue):
            pending.append(node.value)
        elif isinstance(node, ast.BinOp):
            pending.extend([node.left, node.right])
        elif isinstance(node, ast.Tuple | ast.List):
            pending.extend(node.elts)
        elif isinstance(node, ast.Dict):
            pending.extend(node.values)
        elif isinstance(node, ast.Call):
            is_text = isinstance(node.func, ast.Name) and node.func.id in ("str", "repr")
            is_format = isinstance(node.func, ast.Attribute) and node.func.attr == "format"
            if is_text or (is_format and isinstance(node.func.value, ast.Constant)):  # type: ignore[attr-defined]
                pending.extend([*node.args, *(keyword.value for keyword in node.keywords)])


def _where(file: SourceFile, call: ast.Call) -> str:
    name = file.name(call.func) or ""
    if name in _PRINTING:
        return "the terminal"
    if name == "warnings.warn":
        return "a warning"
    if isinstance(call.func, ast.Attribute) and call.func.attr in _LOGGING:
        receiver = call.func.value
        if isinstance(receiver, ast.Call):
            receiver = receiver.func
        last = receiver.attr if isinstance(receiver, ast.Attribute) else getattr(receiver, "id", "")
        if last.lower().lstrip("_") in ("log", "logger", "logging", "getlogger", "get_logger"):
            return "the log"
    return ""
