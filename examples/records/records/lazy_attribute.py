"""Relationships that are loaded when they are read."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from records.errors import DefinitionError

if TYPE_CHECKING:
    from records.async_model import AsyncDBModel
    from records.model import DBModel
    from records.record import Record

T = TypeVar("T")


class LazyAttribute(Generic[T]):
    """A relationship to another model of the same flavour, in either direction.

    Reading it loads it once; ``refresh`` forgets it. On an ``AsyncDBModel`` it has to be awaited, also when it is
    loaded already: ``await post.user``.

    Args:
        target: the other model's name, in the module that declares this one.
        foreign_key: this model's column that names the other's row (many to one).
        reverse_foreign_key: the other model's column that names this one's row (one to many).

    Raises:
        DefinitionError: not exactly one of the two columns was given.
    """

    def __init__(self, target: str, *, foreign_key: str | None = None, reverse_foreign_key: str | None = None) -> None:
        if (foreign_key is None) == (reverse_foreign_key is None):
            raise DefinitionError("a LazyAttribute needs foreign_key= or reverse_foreign_key=, and not both")
        self.foreign_key = foreign_key
        self.reverse_foreign_key = reverse_foreign_key
        self._target = target

    def __set_name__(self, owner: type[Record], name: str) -> None:
        self.name = name
        self._owner = owner

    @property
    def is_collection(self) -> bool:
        """Whether it leads to several records."""
        return self.reverse_foreign_key is not None

    @property
    def target(self) -> type[Record]:
        """The other model.

        Raises:
            DefinitionError: there is no such class.
        """
        try:
            return getattr(sys.modules[self._owner.__module__], self._target)  # type: ignore[no-any-return]
        except AttributeError:
            raise DefinitionError(
                f"{self._owner.__name__}.{self.name}: no model {self._target} in {self._owner.__module__}"
            ) from None

    @property
    def local(self) -> str:
        """This model's column on which both meet."""
        return self.foreign_key or _only_key(self._owner)

    @property
    def remote(self) -> str:
        """The other model's column on which both meet."""
        return self.reverse_foreign_key or _only_key(self.target)

    @overload
    def __get__(self, record: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, record: DBModel, owner: type[Any]) -> T: ...
    @overload
    def __get__(self, record: AsyncDBModel, owner: type[Any]) -> Awaitable[T]: ...
    def __get__(self, record: DBModel | AsyncDBModel | None, owner: type[Any]) -> Any:
        return self if record is None else record.load(self)

    def __set__(self, record: Record, value: Any) -> None:
        raise AttributeError(f"{self.name} is read only; assign the column {self.foreign_key or self.remote} instead")


def _only_key(model: type[Record]) -> str:
    if len(model.PRIMARY_KEY_DB_NAMES) != 1:
        raise DefinitionError(f"{model.__name__} has a composite key, which no LazyAttribute can follow")
    return model.PRIMARY_KEY_DB_NAMES[0]
