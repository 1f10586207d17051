"""One session factory, or one session that is made directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from greenshift.check.facts.engine import Engine, EngineKind, Scope
from greenshift.check.facts.value import Value
from greenshift.check.facts.written import WrittenArgument
from greenshift.report.findings import Place


@dataclass(frozen=True, slots=True)
class SessionFactory:
    """``sessionmaker``, ``async_sessionmaker``, or ``Session(...)`` and ``AsyncSession(...)`` called directly.

    Attributes:
        kind: whether its sessions are ``sync`` or ``async``: by its own name or by ``class_``; None if not known.
        name: the variable by which the program knows it.
        made_by: what makes it: ``sessionmaker``, ``async_sessionmaker``, ``Session``, ``AsyncSession``.
        place: the call.
        scope: how often it is made.
        engine: the engine that it is bound to, if that is known.
        arguments: what it is given, by name.
        open_arguments: why it may be given more; empty if ``arguments`` is all.
        written: the arguments that are written in the call itself, by name (``url`` for the first of an engine).
        addition: the place behind the last argument and the text that must come before another one there (", " or a new
            line and its indent): how an argument is added; None where there is no source.
        is_session: whether it makes a session rather than a factory.
        service: the service that it belongs to, if several are checked.
        is_live: whether it was imported and looked at.
    """

    kind: EngineKind | None
    name: str
    made_by: str
    place: Place
    scope: Scope
    engine: Engine | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict)
    open_arguments: str = ""
    written: Mapping[str, WrittenArgument] = field(default_factory=dict)
    addition: tuple[Place, str] | None = None
    is_session: bool = False
    service: str = ""
    is_live: bool = False

    @property
    def subject(self) -> str:
        """What findings call it; the same when lines move."""
        return f"{self.name} in {self.place.file}"

    def argument(self, name: str) -> Value | None:
        """Return what an argument is given; None if it surely is not given.

        Args:
            name: the argument's name.
        """
        given = self.arguments.get(name)
        if given is None and self.open_arguments:
            return Value(unknown=self.open_arguments)
        return given

    def argument_place(self, name: str) -> Place:
        """Return where an argument is: in the call, else where its value is written, else the call itself.

        Args:
            name: the argument's name.
        """
        if name in self.written:
            return self.written[name].place
        given = self.arguments.get(name)
        return given.place if given is not None and given.place is not None else self.place
