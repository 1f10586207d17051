"""Which statement loaded an instance, from which line: remembered in the options that SQLAlchemy keeps with it.

A ``UserDefinedOption`` that propagates to loaders lands in every instance that its statement loads and
reappears in the lazy loads of those instances, at a cost per statement and none per row
(SQLAlchemy documentation, "Adding custom criteria to ORM statements", ``UserDefinedOption``).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, pairwise
from types import CodeType, FrameType
from typing import Any, Final

from sqlalchemy import Select, inspect
from sqlalchemy.orm import InstanceState, Mapper, ORMExecuteState, RelationshipProperty
from sqlalchemy.orm.interfaces import UserDefinedOption

from greenshift.trace.call_site import CallSite, find_user_frame
from greenshift.trace.installation import installation

_numbers: Final = count(1)

# Relationships one behind the other: each one's class and attribute.
Chain = tuple[tuple[type[Any], str], ...]


class LoadedBy(UserDefinedOption):
    """One execution of an ORM SELECT, kept by each instance that it loaded.

    Attributes:
        number: tells executions apart, in the order in which they began.
        statement: the SELECT as the user wrote it.
    """

    __slots__ = ("_site", "number", "statement")

    propagate_to_loaders = True
    # SQLAlchemy keys its cache of compiled statements by the others; an option that says nothing costs nothing there.
    inherit_cache = True

    def __init__(self, site: tuple[CodeType, int] | None, statement: Any) -> None:
        self.payload = None
        self._site = site
        self.number = next(_numbers)
        self.statement = statement

    @property
    def call_site(self) -> CallSite | None:
        """The line of the user's code that executed it, or None when only libraries were on the stack."""
        return None if self._site is None else CallSite.at(*self._site)

    @property
    def sql(self) -> str:
        """The SELECT's text, with its parameters' names."""
        return str(self.statement)


class Followed:
    """Instances are followed until :meth:`close`; also a context manager."""

    def __init__(self) -> None:
        self._open = True
        following.users += 1
        installation.acquire()

    def close(self) -> None:
        """End it; safe to call twice."""
        if self._open:
            self._open = False
            following.users -= 1
            installation.release()

    def __enter__(self) -> Followed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Following:
    users = 0


following: Final = _Following()


def follow() -> Followed:
    """Remember from now on, with every instance that an ORM SELECT loads, the SELECT and its line.

    Returns:
        What ends it: ``close()``.
    """
    return Followed()


def mark(state: ORMExecuteState, frame: FrameType | None) -> None:
    """Have the instances that a SELECT of the user's loads remember it.

    Args:
        state: what ``do_orm_execute`` is given.
        frame: the innermost frame.
    """
    statement = state.statement
    if not isinstance(statement, Select):
        return
    frame, _ = find_user_frame(frame)
    site = None if frame is None else (frame.f_code, frame.f_lasti)
    state.statement = statement.options(LoadedBy(site, statement))


def state_source(state: InstanceState[Any]) -> LoadedBy | None:
    """Return the SELECT that loaded the instance of this state, or None (as :func:`source_of`)."""
    return option_among(state.load_options)


def option_among(options: Iterable[Any]) -> LoadedBy | None:
    """Return the mark of the SELECT among the options of an instance or of a statement, or None."""
    return next((option for option in options if isinstance(option, LoadedBy)), None)


def source_of(instance: object) -> LoadedBy | None:
    """Return the SELECT that loaded an instance.

    Args:
        instance: of a mapped class.

    Returns:
        The SELECT; for an instance that came through relationships, the one that loaded the first of the chain.
        None for an instance that was never loaded (created and flushed), or loaded while nobody followed.
    """
    state = inspect(instance, raiseerr=False)
    return state_source(state) if isinstance(state, InstanceState) else None


def chain_of(instance: object) -> Chain:
    """Return the relationships that lead from the entity of :func:`source_of` to an instance.

    Args:
        instance: of a mapped class.

    Returns:
        Each step's class and attribute, ``((Order, "customer"), (Customer, "address"))``; empty for an instance
        that its SELECT returned itself.
    """
    state = inspect(instance, raiseerr=False)
    return state_chain(state) if isinstance(state, InstanceState) else ()


def state_chain(state: InstanceState[Any]) -> Chain:
    """Return the relationships that lead to the instance of this state (as :func:`chain_of`)."""
    if not state.load_path:
        return ()
    path = state.load_path.path
    steps = []
    for before, step in pairwise(path):
        if isinstance(step, RelationshipProperty):
            owner = before if isinstance(before, Mapper) else inspect(before).mapper
            steps.append((owner.class_, step.key))
    return tuple(steps)
