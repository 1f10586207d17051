"""Models as the contract sees them, whatever they are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Loading = Literal["lazy", "awaitable", "eager", "joined"]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key of a table, of one or several columns.

    Attributes:
        columns: this model's attributes, in the key's order.
        target: the name of the model that the key leads to; empty if no model maps that table.
        target_columns: the target's attributes, in the same order.
        is_deferred: whether it is checked at commit only (``INITIALLY DEFERRED``).
        on_delete: what the database does with this row when that one is deleted; empty if it refuses.
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    is_deferred: bool = False
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is mapped, by the name of its attribute.

    Attributes:
        name: the attribute's name.
        python_type: the Python type of its values: ``int``, ``Decimal``, ``datetime``, ``list``, an ``Enum``...
        item_type: the type of the items, where ``python_type`` is ``list``.
        dimensions: how deep the lists of an array are nested.
        is_nullable: whether it may be null.
        keeps_null: whether a null is read back as one; the type of a column may make something else of it.
        is_key: whether it belongs to the primary key.
        is_generated: whether the server makes its value: a sequence, an identity, a computed column.
        has_default: whether it may be left out, because the server or the model has a default.
        is_server_default: whether that default is the server's.
        default_difference: how the model's default and the server's contradict each other, for people.
        is_unique: whether no two rows may share a value (several columns together: ``Model.uniques``).
        is_indexed: whether a B-tree index holds its values, which limits their length.
        is_writable: whether a program may set it (a computed column it may not).
        length: the longest string or bytes, in characters or bytes; None without a limit.
        precision: of a decimal, in digits; None without a limit.
        scale: of a decimal, in digits behind the point.
        has_time_zone: whether a time carries its zone; None for other types.
        choices: the only values, for enums; empty for others.
        references: the model and column that a foreign key names; None without one.
        is_deferred_check: whether that foreign key is checked at commit only.
        json: whether it holds JSON.
        database_type: the type as the database calls it, for people.
        column_name: the column's name in the database; empty if it is that of the attribute.
    """

    name: str
    python_type: type[Any]
    item_type: type[Any] | None = None
    dimensions: int = 1
    is_nullable: bool = False
    is_key: bool = False
    is_generated: bool = False
    has_default: bool = False
    is_server_default: bool = False
    default_difference: str = ""
    is_unique: bool = False
    is_indexed: bool = False
    keeps_null: bool = True
    is_writable: bool = True
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    has_time_zone: bool | None = None
    choices: tuple[Any, ...] = ()
    references: tuple[str, str] | None = None
    is_deferred_check: bool = False
    json: bool = False
    database_type: str = ""
    column_name: str = ""

    @property
    def stored_name(self) -> str:
        """The name in the database."""
        return self.column_name or self.name


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a model.

    Attributes:
        name: the attribute's name.
        target: the name of the other model.
        is_collection: whether it leads to several records.
        local: this model's columns that make it, each with the other's; empty for one through an association table.
        conditional: the same where further conditions decide, too, which of those records it leads to; ``local`` is
            empty then.
        constants: values that such a condition asks of the other record's columns, as far as it is understood.
        through: the association table's name, for many to many.
        is_writable: whether the program writes through it (``viewonly`` it does not).
        loads: the ways in which it can be read: ``lazy`` (sync only), ``awaitable``, ``eager`` (a statement of its
            own), ``joined`` (in the same statement).
        back: the other model's relationship that mirrors it, if it has one.
        deletes_orphans: whether deleting this record deletes the others (a cascade of the model or the database).
        owns: whether the other records live for this one only, though this one holds the key (``single_parent``).
        needs: what async code must write to have it loaded, for people: ``selectinload(User.orders)``.
    """

    name: str
    target: str
    is_collection: bool
    local: tuple[tuple[str, str], ...] = ()
    conditional: tuple[tuple[str, str], ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    through: str | None = None
    is_writable: bool = True
    loads: tuple[Loading, ...] = ("lazy", "eager")
    back: str | None = None
    deletes_orphans: bool = False
    owns: bool = False
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    Attributes:
        name: its name, unique among the models: that of the class, mostly.
        model: the class itself.
        table: its table, with the schema if it has one.
        columns: by attribute name.
        relationships: by attribute name.
        keys: the attribute names of the primary key, in its order.
        uniques: sets of columns of which no two rows share the values.
        partial_uniques: sets of columns of which some rows may not share the values: those that an index picks,
            or those that exclude each other.
        checks: conditions that the table declares, as SQL with column names.
        foreign_keys: to other tables, without the one that inheritance makes.
        moves_sequence: whether a key that is given moves the sequence that makes the next one.
        has_json: whether the models have their own way to JSON.
        is_association: whether it is nothing but the link between others: a key of foreign keys.
        version: the column that counts versions, for optimistic locking.
        discriminator: the column and the value that tell this class among those that share its table.
        parents: the names of the models that it inherits from.
        computed: hybrid and column properties: names of attributes that are read only.
        not_driven: why no test can be made of it; empty if they can.
    """

    name: str
    model: type[Any]
    table: str
    columns: Mapping[str, Column]
    relationships: Mapping[str, Relationship] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    partial_uniques: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    moves_sequence: bool = False
    has_json: bool = False
    is_association: bool = False
    version: str | None = None
    discriminator: tuple[str, Any] | None = None
    parents: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    not_driven: str = ""

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns without which no row can be made."""
        return tuple(
            column
            for column in self.columns.values()
            if not column.is_nullable and not column.has_default and not column.is_generated
        )
