"""Which connection the code that runs now is to use: that of the innermost transaction it is in.

A context variable follows the code through ``await``. A task or thread that is started inside a transaction inherits
the variable, but not the connection: two tasks on one connection would take each other's savepoints for their own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class _Scope:
    manager: object
    connection: Any
    owner: tuple[int, object]
    outer: _Scope | None
    is_open: bool = True


_innermost: ContextVar[_Scope | None] = ContextVar("records_innermost_scope", default=None)


@contextmanager
def entered(manager: object, connection: Any) -> Iterator[None]:
    """Let what runs inside use a connection, for one manager's database."""
    scope = _Scope(manager, connection, _owner(), _innermost.get())
    _innermost.set(scope)
    try:
        yield
    finally:
        # No token: it may end in a copy of the context in which it began, or after one that began later.
        scope.is_open = False
        _innermost.set(_first_open(_innermost.get()))


def current(manager: object) -> Any | None:
    """Return the connection that a manager's database is to be reached by, None outside its transactions."""
    scope, owner = _first_open(_innermost.get()), _owner()
    while scope is not None:
        if scope.manager is manager and scope.owner == owner:
            return scope.connection
        scope = _first_open(scope.outer)
    return None


def _first_open(scope: _Scope | None) -> _Scope | None:
    while scope is not None and not scope.is_open:
        scope = scope.outer
    return scope


def _owner() -> tuple[int, object]:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop runs
        task = None
    return threading.get_ident(), task
