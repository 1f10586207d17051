"""Whether mapped attributes are read: SQLAlchemy has no event for it, so their descriptors are given another class.

``InstrumentedAttribute`` reads a loaded value out of the instance's ``__dict__`` in its own ``__get__``. While an
attribute is watched its class is a subclass with another ``__get__``; everything else about it stays, so statements,
options and aliases take it as before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import InstrumentedAttribute

_lock: Final = threading.Lock()
# By the identity of the attribute, which its model keeps.
_watches: dict[int, tuple[AttributeWatch, ...]] = {}


class _WatchedAttribute(InstrumentedAttribute[Any]):
    """A mapped attribute that tells of its being read."""

    __slots__ = ()

    inherit_cache = True

    def __get__(self, instance: object | None, owner: Any) -> Any:
        if instance is not None:
            for watch in _watches.get(id(self), ()):
                watch.callback()
        return super().__get__(instance, owner)


class AttributeWatch:
    """A callback that is told of the reads of one attribute until :meth:`close`."""

    __slots__ = ("_attribute", "callback")

    def __init__(self, attribute: InstrumentedAttribute[Any], callback: Callable[[], object]) -> None:
        self._attribute = attribute
        self.callback = callback
        key = id(attribute)
        with _lock:
            _watches[key] = (*_watches.get(key, ()), self)
            attribute.__class__ = _WatchedAttribute

    def close(self) -> None:
        """Stop telling; the attribute gets its class back with its last watch. Safe to call twice."""
        key = id(self._attribute)
        with _lock:
            if self not in _watches.get(key, ()):
                return
            left = tuple(one for one in _watches[key] if one is not self)
            if left:
                _watches[key] = left
            else:
                del _watches[key]
                self._attribute.__class__ = InstrumentedAttribute


def watch(attribute: Any, callback: Callable[[], object]) -> AttributeWatch | None:
    """Call back whenever an attribute is read of an instance, by anybody but the ORM itself.

    Args:
        attribute: ``Account.owner``. A subclass of the model has an attribute of its own of the same name.
        callback: called before the value is returned; it must not raise.

    Returns:
        What ends it, or None for an attribute of some other class than SQLAlchemy's own.
    """
    if type(attribute) is not InstrumentedAttribute and type(attribute) is not _WatchedAttribute:
        return None
    return AttributeWatch(attribute, callback)
