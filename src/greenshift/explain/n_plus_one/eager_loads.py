"""Eager loads that nobody used: advice, never an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import inspect
from sqlalchemy.orm import RelationshipProperty

from greenshift import trace
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.n_plus_one import lines
from greenshift.explain.n_plus_one.exclusions import Exclusions
from greenshift.trace.eager_loads import FollowedEagerLoads

KIND: Final = "eager load never used"

# The mapping asks for these whatever a query wants, so one query's not using them means nothing.
_EAGER_BY_MAPPING: Final = frozenset({False, "immediate", "joined", "selectin", "subquery"})

_Relationship = RelationshipProperty[Any]


class _Load(NamedTuple):
    relationship: _Relationship
    loaded: trace.CallSite


class EagerLoads:
    """Watches which relationships the options of queries load, and which of those anybody reads.

    Args:
        exclusions: what is not to be reported.
        is_owned: says whether what happens now, in this thread and task, counts.
    """

    def __init__(self, exclusions: Exclusions, is_owned: Callable[[], bool]) -> None:
        self._exclusions = exclusions
        self._is_owned = is_owned
        self._lock = threading.Lock()
        self._loads: dict[_Load, None] = {}
        self._read: set[_Relationship] = set()
        self._watched: dict[tuple[type[Any], str], trace.attribute_reads.AttributeWatch | None] = {}
        self._unwatched: set[_Relationship] = set()
        self._deletes = False
        self._subscription: FollowedEagerLoads | None = None

    def start(self) -> None:
        """Begin to watch."""
        if self._subscription is None:
            self._subscription = trace.on_eager_load(self._loaded)

    def close(self) -> None:
        """Stop watching, and give the attributes back as they were."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        with self._lock:
            watches = list(self._watched.values())
            self._watched = {}
        for watch in watches:
            if watch is not None:
                watch.close()

    def deleted(self) -> None:
        """Note that rows were deleted: what the unit of work needed for its cascades, nobody has to read."""
        self._deletes = True

    def advice(self) -> list[Explanation]:
        """Return what was loaded in vain."""
        if self._deletes:
            return []
        with self._lock:
            unused = [one for one in self._loads if one.relationship not in self._read | self._unwatched]
        result = []
        for load in unused:
            site = load.loaded
            if self._exclusions.in_test_file(site.file):
                continue
            if not self._exclusions.is_ignored(site):
                result.append(_explain(load))
        return result

    def _loaded(self, load: trace.EagerLoad) -> None:
        relationship, source = load.relationship, load.source
        site = None if source is None else source.call_site
        if site is None or relationship.lazy in _EAGER_BY_MAPPING or not self._is_owned():
            return
        with self._lock:
            self._loads[_Load(relationship, site)] = None
            # Every subclass has an attribute of its own.
            for mapper in inspect(load.model).self_and_descendants:
                self._watch(mapper.class_, relationship)

    def _watch(self, model: type[Any], relationship: _Relationship) -> None:
        key = (model, relationship.key)
        if key in self._watched:
            return

        def read() -> None:
            self._read.add(relationship)

        watch = trace.attribute_reads.watch(getattr(model, relationship.key), read)
        self._watched[key] = watch
        if watch is None:
            self._unwatched.add(relationship)


def _explain(load: _Load) -> Explanation:
    name = f"{load.relationship.parent.class_.__name__}.{load.relationship.key}"
    places: tuple[Place, ...] = (lines.called(load.loaded, "loaded here"),)
    return Explanation(
        kind=KIND,
        headline=f"{name} was loaded eagerly and never read",
        because="An option of this SELECT loads it for every row, and nothing read it afterwards.",
        where=places,
        fix=f"leave the option for {name} out, unless other callers of this line read it",
    )
