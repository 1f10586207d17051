"""Where code uses an engine, and where it makes the engine connect."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from greenshift.check.facts import Engine
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.calls import own_calls
from greenshift.check.usage.names import Names

_CONNECTING: Final = ("connect", "begin", "raw_connection")
_SCHEMA: Final = ("create_all", "drop_all", "reflect")


@dataclass(frozen=True, slots=True)
class Use:
    """One place where code uses an engine.

    Attributes:
        file: the file.
        node: the expression.
        engine: the engine.
        connects: whether it takes a connection there and then.
        shown: the code, for a message.
    """

    file: SourceFile
    node: ast.expr
    engine: Engine
    connects: bool
    shown: str


def uses(names: Names, file: SourceFile, unit: ast.AST) -> Iterator[Use]:
    """Yield where a function (or module) itself uses engines: directly, or by calling a session factory.

    ``engine.dispose()`` is no use.

    Args:
        names: what the program's names mean.
        file: the function's file.
        unit: the function or module.
    """
    for call in own_calls(names, file, unit):
        for engine, connects in _used(names, file, call):
            yield Use(file, call, engine, connects, shown(call))


def connections(names: Names, file: SourceFile, unit: ast.AST) -> Iterator[Use]:
    """Yield where a function (or module) itself takes a connection of an engine.

    Args:
        names: what the program's names mean.
        file: the function's file.
        unit: the function or module.
    """
    return (use for use in uses(names, file, unit) if use.connects)


def disposes(unit: ast.AST) -> bool:
    """Return whether code mentions ``dispose`` of anything.

    Args:
        unit: the code.
    """
    return any(isinstance(node, ast.Attribute) and node.attr == "dispose" for node in ast.walk(unit))


def shown(call: ast.Call) -> str:
    """Return a call for a message, its arguments left out.

    Args:
        call: the call.
    """
    return f"{_callee(call.func)}({'...' if call.args or call.keywords else ''})"


def _callee(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return shown(node)
    if isinstance(node, ast.Attribute):
        return f"{_callee(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "..."


def _used(names: Names, file: SourceFile, call: ast.Call) -> Iterator[tuple[Engine, bool]]:
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _CONNECTING:
            for engine in _engines_or_sync(names, file, call.func.value):
                yield engine, True
        if call.func.attr in _SCHEMA:
            for argument in given_engines(call):
                for engine in names.engines(file, argument):
                    # An AsyncEngine is refused before it connects.
                    yield engine, not engine.is_async
    elif (file.name(call.func) or "") in ("sqlalchemy.inspect", "sqlalchemy.inspection.inspect"):
        for engine in names.engines(file, call.args[0]) if call.args else ():
            yield engine, not engine.is_async
    for factory in (*names.factories(file, call.func), *names.factories(file, call)):
        # A session connects with its first statement.
        if factory.engine is not None and not (factory.is_session and _is_shared(file, call)):
            yield factory.engine, False


def given_engines(call: ast.Call) -> list[ast.expr]:
    """Return the arguments of ``create_all`` and the like that can be an engine.

    Args:
        call: the call.
    """
    return [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "bind")]


def _engines_or_sync(names: Names, file: SourceFile, node: ast.expr) -> tuple[Engine, ...]:
    if isinstance(node, ast.Attribute) and node.attr == "sync_engine":
        return names.engines(file, node.value)
    return names.engines(file, node)


def _is_shared(file: SourceFile, call: ast.Call) -> bool:
    return file.function(call) is None and not isinstance(file.parent(call), ast.withitem | FunctionNode)
