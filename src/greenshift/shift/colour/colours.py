"""The outcome of colouring."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.touches import Touch
from greenshift.shift.loading.asking import Asking
from greenshift.shift.project import Function, Module


@dataclass(frozen=True, slots=True)
class Bridge:
    """An expression that runs inside ``run_sync``.

    Attributes:
        node: The expression.
        module: Where it stands.
        session: The text of the session whose ``run_sync`` runs it.
        awaited: Calls of async functions inside it: they are awaited before, and handed in.
        is_drained: Whether it gives an iterator that sends something on the way: it runs to its end inside.
    """

    node: ast.expr
    module: Module
    session: str
    awaited: tuple[ast.expr, ...] = ()
    is_drained: bool = False


@dataclass
class Colours:
    """Which functions are what after the flip.

    Attributes:
        asynchronous: Functions that are ``async def`` afterwards (also those that were before).
        bridged: Functions with database access that stay sync and run inside ``run_sync``.
        entries: Functions that stay sync for whoever calls them and run their body in a loop of their own
            (``asyncio.run``): commands, task queue tasks, threads, scripts.
        awaits: Expressions that must be awaited, ``async with`` contexts and ``async for`` iterables not among them.
        bridges: Expressions to bridge.
        async_withs: ``with`` items whose statement becomes ``async with``.
        async_fors: ``for`` statements and comprehensions that become ``async for``.
        renamed: Calls of libraries, and what their async form is called.
        answers: What routes return whose response model reads what may have to be asked of the database.
        streams: Calls of ``execute`` and ``scalars`` whose rows come piece by piece: ``stream`` and ``stream_scalars``.
        reads: Reads of relationships that send a statement, which the user wants awaited.
    """

    asynchronous: set[Function] = field(default_factory=set)
    bridged: set[Function] = field(default_factory=set)
    entries: set[Function] = field(default_factory=set)
    awaits: set[ast.expr] = field(default_factory=set)
    bridges: list[Bridge] = field(default_factory=list)
    async_withs: set[ast.withitem] = field(default_factory=set)
    async_fors: set[ast.AST] = field(default_factory=set)
    renamed: dict[ast.Call, str] = field(default_factory=dict)
    answers: list[Asking] = field(default_factory=list)
    streams: set[ast.expr] = field(default_factory=set)
    reads: dict[Touch, Relationship] = field(default_factory=dict)

    def is_async(self, unit: object) -> bool:
        """Whether a unit's body may await afterwards."""
        return unit in self.asynchronous or unit in self.entries
