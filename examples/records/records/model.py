"""Models whose methods answer at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

from records import operations, preloading
from records.database_manager import DatabaseManager
from records.errors import NotBoundError
from records.keys import as_key, check_join_table, key_of
from records.lazy_attribute import LazyAttribute
from records.record import Record

T = TypeVar("T")
# Inside the classes ``list`` is a method.
Records: TypeAlias = list[T]


class DBModel(Record):
    """A row as an object: the base of sync models. ``AsyncDBModel`` has the same methods, to be awaited.

    Each call is a transaction of its own unless it is made inside ``db_manager().transaction()``.
    """

    _manager: ClassVar[DatabaseManager | None] = None

    @classmethod
    def bind(cls, manager: DatabaseManager) -> None:
        """Let this model, and those that inherit from it, use a database."""
        cls._manager = manager

    @classmethod
    def unbind(cls) -> None:
        """Undo ``bind``: what its base is bound to counts again."""
        if "_manager" in vars(cls):
            del cls._manager

    @classmethod
    def db_manager(cls) -> DatabaseManager:
        """Return the model's database; a model may override this instead of being bound.

        Raises:
            NotBoundError: there is none.
        """
        if cls._manager is None:
            raise NotBoundError(f"{cls.__name__} has no database; call bind() with a DatabaseManager")
        return cls._manager

    @classmethod
    def get(cls, key: Any) -> Self | None:
        """Return the record with a primary key, None if there is none; a composite key is given as a tuple."""
        return cls.db_manager().run(operations.get(cls, as_key(cls, key)))

    @classmethod
    def get_many(cls, keys: Iterable[Any]) -> Records[Self]:
        """Return the records with these primary keys, in the order of the key; those that are missing are left out."""
        return cls.db_manager().run(operations.get_many(cls, [as_key(cls, key) for key in keys]))

    @classmethod
    def list(cls, *, limit: int | None = None, offset: int = 0) -> Records[Self]:
        """Return all records in the order of the primary key, or a part of them."""
        return cls.db_manager().run(operations.list_all(cls, limit, offset))

    @classmethod
    def find_by(cls, **criteria: Any) -> Records[Self]:
        """Return the records whose columns have these values; None finds NULL.

        Raises:
            TypeError: a name is not a column.
        """
        return cls.db_manager().run(operations.find_by(cls, criteria))

    @classmethod
    def get_with_preload(cls, key: Any, preload: Iterable[str]) -> Self | None:
        """Return the record with a primary key, its relationships loaded: one more statement a level.

        Args:
            key: as for ``get``.
            preload: relationships, or chains of them such as ``"posts.user"``.

        Raises:
            TypeError: a name is not a relationship.
        """
        found = operations.get(cls, as_key(cls, key))
        return cls.db_manager().run(preloading.one_with(cls, found, preload))

    @classmethod
    def list_with_preload(cls, preload: Iterable[str], *, limit: int | None = None, offset: int = 0) -> Records[Self]:
        """Return all records or a part of them, their relationships loaded as by ``get_with_preload``."""
        found = operations.list_all(cls, limit, offset)
        return cls.db_manager().run(preloading.many_with(cls, found, preload))

    @classmethod
    def find_by_with_preload(cls, preload: Iterable[str], /, **criteria: Any) -> Records[Self]:
        """Return the records whose columns have these values, their relationships loaded as by ``get_with_preload``."""
        found = operations.find_by(cls, criteria)
        return cls.db_manager().run(preloading.many_with(cls, found, preload))

    @classmethod
    def insert_many(cls, records: Sequence[Self]) -> Records[Self]:
        """Insert records, all or none, in one round trip for those that have values for the same columns."""
        return cls.db_manager().run(operations.insert_many(cls, records))

    def insert(self) -> Self:
        """Insert the record; what the server made of it is read back. A given id moves the sequence behind it."""
        return self.db_manager().run(operations.insert(self))

    def persist(self) -> Self:
        """Insert the record, or change the row with its primary key. A given id moves the sequence behind it."""
        return self.db_manager().run(operations.persist(self))

    def update(self, **values: Any) -> Self:
        """Write these values, and what was assigned to attributes since the record was read.

        A change inside a JSON value is not an assignment; pass the value.

        Raises:
            TypeError: a name is not a column.
            RecordNotFoundError: the row is not in the table.
        """
        return self.db_manager().run(operations.update(self, values))

    def delete(self) -> bool:
        """Delete the record's row; say whether there was one.

        Raises:
            RecordNotFoundError: the record has no primary key.
        """
        return self.db_manager().run(operations.delete(self))

    def refresh(self) -> Self:
        """Read the record again, and forget what its lazy attributes found.

        Raises:
            RecordNotFoundError: the row is not in the table.
        """
        return self.db_manager().run(operations.refresh(self))

    def to_json_dict(self, include: Iterable[str] = ()) -> dict[str, Any]:
        """Return the record as JSON's types, with relationships or chains of them, which are loaded if need be."""
        return self.db_manager().run(preloading.to_json_dict(self, include))

    def load(self, attribute: LazyAttribute[T]) -> T:
        """Return what a lazy attribute leads to; reading the attribute does the same."""
        return self.db_manager().run(preloading.read(self, attribute))


class JoinTableDBModel(DBModel):
    """A row of a join table, whose primary key has several columns: ``PRIMARY_KEY_DB_NAMES``.

    Raises:
        DefinitionError: a class names fewer than two.
    """

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        check_join_table(cls)

    @classmethod
    def get_by_pks(cls, **pks: Any) -> Self | None:
        """Return the record with a primary key, given by column; None if there is none.

        Raises:
            TypeError: these are not the columns of the primary key.
        """
        return cls.get(key_of(cls, pks))

    @classmethod
    def delete_by_pks(cls, **pks: Any) -> bool:
        """Delete the row with a primary key, given by column; say whether there was one.

        Raises:
            TypeError: these are not the columns of the primary key.
        """
        return cls.db_manager().run(operations.delete_by_key(cls, key_of(cls, pks)))
