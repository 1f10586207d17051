"""The way to models that come in pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from greenshift.contract.adapter import Ground
from greenshift.contract.description import Model
from greenshift.contract.paired.contexts import Context, enter
from greenshift.contract.paired.describing import mirrored
from greenshift.contract.paired.session import PairedSession

_REFUSALS: Final = ("22", "23")


@dataclass
class PairedAdapter(ABC):
    """An adapter to models of which each is a sync and an async class, whose methods have the same names.

    Args:
        pairs: a sync and an async class each. One class that has both APIs is a pair with itself.

    Attributes:
        session: the class of its sessions.
    """

    session: ClassVar[type[PairedSession]]
    pairs: Sequence[tuple[type[Any], type[Any]]]

    @abstractmethod
    def describe(self, model: type[Any]) -> Model:
        """Return what the contract is to know of a sync class; the name must be unique."""

    @abstractmethod
    def create(self, url: str) -> None:
        """Create the tables in an empty database."""

    @abstractmethod
    def connect(self, url: str, *, is_async: bool) -> Context:
        """Return the context in which a database is open; what it gives is the sessions' ``database``."""

    def bind(self, model: type[Any], database: Any) -> None:
        """Let a class use an open database, where classes know theirs."""
        return

    def unbind(self, model: type[Any]) -> None:
        """Undo ``bind``, before the database is closed."""
        return

    def is_refusal(self, error: Exception) -> str | None:
        """Return the SQLSTATE if an error, or the driver's behind it (``orig``), says that the database refused a row.

        Classes 22 (data) and 23 (integrity): https://www.postgresql.org/docs/current/errcodes-appendix.html
        """
        state = getattr(getattr(error, "orig", error), "sqlstate", None)
        return str(state) if str(state)[:2] in _REFUSALS else None

    def models(self) -> Sequence[Model]:
        """Return the models, each described, with the relationships that mirror each other."""
        return mirrored([self.describe(sync) for sync, _ in self.pairs])

    def open(self, url: str, *, is_async: bool) -> AbstractAsyncContextManager[Ground]:
        """Open a database, with the classes of one flavour bound to it."""
        return self._open(url, is_async=is_async)

    @asynccontextmanager
    async def _open(self, url: str, *, is_async: bool) -> AsyncIterator[Ground]:
        classes = {model.name: pair[is_async] for model, pair in zip(self.models(), self.pairs, strict=True)}
        async with AsyncExitStack() as stack:
            database = await enter(stack, self.connect(url, is_async=is_async), is_async=is_async)
            for one in classes.values():
                self.bind(one, database)
                stack.callback(self.unbind, one)
            yield _PairedGround(self.session, database, classes, is_async=is_async)


class _PairedGround:
    def __init__(
        self, kind: type[PairedSession], database: Any, classes: Mapping[str, type[Any]], *, is_async: bool
    ) -> None:
        self._kind = kind
        self._database = database
        self._classes = classes
        self._is_async = is_async

    def session(self) -> AbstractAsyncContextManager[PairedSession]:
        return self._kind.opened(self._database, self._classes, is_async=self._is_async)
