"""A row as an object, and the state that goes with it. Nothing here speaks to a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from records.columns import Column, collect_columns
from records.errors import DefinitionError, RecordNotFoundError
from records.lazy_attribute import LazyAttribute
from records.serialization import from_json_value

Key = tuple[Any, ...]


class Record:
    """What ``DBModel`` and ``AsyncDBModel`` have in common.

    A class that both flavours of a model inherit from declares the columns once.

    Attributes:
        TABLE_NAME: the table; a class without one is abstract.
        PRIMARY_KEY_DB_NAMES: the columns of the primary key.
        COLUMNS: the columns by name, made from the annotations.
    """

    TABLE_NAME: ClassVar[str] = ""
    PRIMARY_KEY_DB_NAMES: ClassVar[tuple[str, ...]] = ("id",)
    COLUMNS: ClassVar[Mapping[str, Column]] = {}

    _relationships: ClassVar[dict[str, LazyAttribute[Any]]] = {}
    _changed: set[str]  # assigned since the row was read or written
    _loaded: dict[str, Any]  # what lazy attributes have found
    _stored_key: Key | None  # the row's key as it is in the table; None for a new record

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.COLUMNS = collect_columns(cls)
        members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
        cls._relationships = {name: member for name, member in members.items() if isinstance(member, LazyAttribute)}
        if cls.TABLE_NAME and not set(cls.PRIMARY_KEY_DB_NAMES) <= cls.COLUMNS.keys():
            raise DefinitionError(f"{cls.__name__}: PRIMARY_KEY_DB_NAMES names what is not annotated as a column")

    def __init__(self, **values: Any) -> None:
        """Make a record that is not in the table yet.

        Args:
            values: by column; columns left out get the server's defaults.

        Raises:
            TypeError: a name is not a column.
        """
        self.check_columns(values)
        self.__dict__.update(dict.fromkeys(self.COLUMNS), _changed=set(), _loaded={}, _stored_key=None)
        for name, value in values.items():
            setattr(self, name, value)

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """Make a record of a row, whose values come in the order of ``COLUMNS``."""
        record = cls.__new__(cls)
        record.__dict__["_loaded"] = {}
        record.fill(row)
        return record

    @classmethod
    def from_json_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a record that is not in the table yet of what ``to_json_dict`` returned; relationships are left out.

        Raises:
            ValueError: a value is not of its column's type.
        """
        columns = {name: column for name, column in cls.COLUMNS.items() if name in values}
        return cls(**{name: from_json_value(column, values[name]) for name, column in columns.items()})

    @classmethod
    def relationships(cls) -> dict[str, LazyAttribute[Any]]:
        """Return the lazy attributes by name."""
        return dict(cls._relationships)

    @classmethod
    def check_columns(cls, names: Mapping[str, Any]) -> None:
        """Refuse names that are not columns.

        Raises:
            TypeError: one is not.
        """
        unknown = sorted(names.keys() - cls.COLUMNS.keys())
        if unknown:
            raise TypeError(f"{cls.__name__} has no column {', '.join(unknown)}; it has {', '.join(cls.COLUMNS)}")

    @property
    def key(self) -> Key:
        """The values of the primary key."""
        return tuple(getattr(self, name) for name in self.PRIMARY_KEY_DB_NAMES)

    @property
    def stored_key(self) -> Key:
        """The key that the row has in the table, whatever was assigned since.

        Raises:
            RecordNotFoundError: the record has no key, so there can be no row.
        """
        key = self.key if self._stored_key is None else self._stored_key
        if None in key:
            raise RecordNotFoundError(f"this {type(self).__name__} has no primary key; insert it first")
        return key

    def given(self) -> list[str]:
        """Return the columns that an insert has to name: what was assigned, all of them where it came from a row."""
        names = [name for name in self.COLUMNS if self._stored_key is not None or name in self._changed]
        return [name for name in names if not self.COLUMNS[name].is_generated or getattr(self, name) is not None]

    def fill(self, row: Sequence[Any]) -> None:
        """Take over what the table holds now."""
        self.__dict__.update(zip(self.COLUMNS, row, strict=True), _changed=set())
        self.__dict__["_stored_key"] = self.key

    def gone(self) -> None:
        """Note that the row is deleted; inserting the record again makes one with the same values."""
        self.__dict__.update(_changed=set(self.COLUMNS), _stored_key=None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.COLUMNS:
            self._changed.add(name)
            for attribute in self._relationships.values():
                if name == attribute.local:
                    self._loaded.pop(attribute.name, None)
        elif not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__} has no column {name}")
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.COLUMNS)

    __hash__ = None  # type: ignore[assignment]  # equal by values, which change

    def __repr__(self) -> str:
        key = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.PRIMARY_KEY_DB_NAMES)
        return f"{type(self).__name__}({key})"
