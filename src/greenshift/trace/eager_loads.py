"""Relationships that are loaded before anybody reads them: by statements of their own, or within their parents' row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import event, inspect
from sqlalchemy.orm import InstanceState, Mapper, ORMExecuteState, RelationshipProperty

from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.instances import LoadedBy, option_among, state_source


class EagerLoad(NamedTuple):
    """A relationship that is being loaded eagerly.

    Attributes:
        relationship: it.
        model: the class of which the attribute will be read: of the instance, or the relationship's own.
        source: the SELECT that asked for it, while ``instances.follow()`` is on.
    """

    relationship: RelationshipProperty[Any]
    model: type[Any]
    source: LoadedBy | None


eager_loads: Final[Channel[[EagerLoad]]] = Channel()


class FollowedEagerLoads:
    """What ends a subscription to both kinds of eager loads."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription: Subscription | None = subscription
        _rows.acquire()

    def close(self) -> None:
        """End it; safe to call twice."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
            _rows.release()


def on_eager_load(callback: Callable[[EagerLoad], object]) -> FollowedEagerLoads:
    """Call back whenever a relationship is loaded eagerly.

    It costs time for each row that the ORM loads, because relationships that a join loads can be seen there only.

    Args:
        callback: for ``selectinload`` and ``subqueryload`` given each statement's load, for ``joinedload`` and
            ``contains_eager`` each instance's, in the thread and task of the session.

    Returns:
        What ends it: ``close()``.
    """
    return FollowedEagerLoads(eager_loads.subscribe(callback))


def publish_statement(state: ORMExecuteState) -> None:
    """Tell the subscribers of a statement that loads a relationship eagerly.

    Args:
        state: what ``do_orm_execute`` is given.
    """
    path = state.loader_strategy_path
    elements = () if path is None else path.path
    relationship = next((one for one in reversed(elements) if isinstance(one, RelationshipProperty)), None)
    if relationship is not None and state.lazy_loaded_from is None:
        source = option_among(state.user_defined_options)
        eager_loads.publish(EagerLoad(relationship, relationship.parent.class_, source))


class _Rows:
    """The listener that is called for each loaded instance; in place only while somebody asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def acquire(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                event.listen(Mapper, "load", _loaded)

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                event.remove(Mapper, "load", _loaded)


_rows: Final = _Rows()


def _loaded(instance: Any, _context: Any) -> None:
    state = inspect(instance, raiseerr=False)
    if not isinstance(state, InstanceState):
        return
    loaded = state.dict
    for relationship in state.mapper.relationships:
        if relationship.key in loaded:
            eager_loads.publish(EagerLoad(relationship, type(instance), state_source(state)))
