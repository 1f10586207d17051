"""Loading what relationships lead to: one statement a level, however many records there are."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from records import statements
from records.lazy_attribute import LazyAttribute
from records.operations import Operation
from records.record import Record
from records.serialization import to_json_value

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Tree = Mapping[str, "Tree"]


def as_tree(model: type[Record], chains: Iterable[str]) -> Tree:
    """Turn chains such as ``posts.user`` into a tree of names.

    Raises:
        TypeError: a name is not a relationship.
    """
    branches: dict[str, list[str]] = {}
    for chain in chains:
        name, _, rest = chain.partition(".")
        branches.setdefault(name, []).extend([rest] if rest else [])
    known = model.relationships()
    for name in branches:
        if name not in known:
            raise TypeError(f"{model.__name__} has no relationship {name}; it has {', '.join(known) or 'none'}")
    return {name: as_tree(known[name].target, rest) for name, rest in branches.items()}


def read(record: Record, attribute: LazyAttribute[T]) -> Operation[T]:
    """Return what a lazy attribute leads to, loaded if it was not."""
    yield from _load(attribute, [record])
    return cast("T", record._loaded[attribute.name])


def preload(model: type[Record], records: Sequence[Record], chains: Iterable[str]) -> Operation[None]:
    """Load chains of relationships of several records; what is loaded already is left as it is."""
    yield from _preload(model, records, as_tree(model, chains))


def one_with(model: type[R], found: Operation[R | None], chains: Iterable[str]) -> Operation[R | None]:
    """Load chains of relationships of the record that an operation returns, if it returns one."""
    tree = as_tree(model, chains)
    record = yield from found
    yield from _preload(model, [] if record is None else [record], tree)
    return record


def many_with(model: type[R], found: Operation[list[R]], chains: Iterable[str]) -> Operation[list[R]]:
    """Load chains of relationships of the records that an operation returns."""
    tree = as_tree(model, chains)
    records = yield from found
    yield from _preload(model, records, tree)
    return records


def to_json_dict(record: Record, include: Iterable[str]) -> Operation[dict[str, Any]]:
    """Return a record as JSON's types, and with it the relationships that are named, loaded where they are not."""
    tree = as_tree(type(record), include)
    yield from _preload(type(record), [record], tree)
    return _as_json(record, tree)


def _preload(model: type[Record], records: Sequence[Record], tree: Tree) -> Operation[None]:
    for name, rest in tree.items():
        attribute = model.relationships()[name]
        yield from _load(attribute, records)
        # Several records may lead to the same one.
        related = {id(other): other for record in records for other in _related(record, name)}
        yield from _preload(attribute.target, list(related.values()), rest)


def _load(attribute: LazyAttribute[Any], records: Sequence[Record]) -> Generator[Any, Any, None]:
    records = [record for record in records if attribute.name not in record._loaded]
    local, remote = attribute.local, attribute.remote
    values = list(dict.fromkeys(getattr(record, local) for record in records))
    keys = [(value,) for value in values if value is not None]
    found: dict[Any, list[Record]] = {}
    if keys:
        for row in (yield statements.select_in(attribute.target, [remote], keys)):
            other = attribute.target.from_row(row)
            found.setdefault(getattr(other, remote), []).append(other)
    for record in records:
        others = found.get(getattr(record, local), [])
        record._loaded[attribute.name] = list(others) if attribute.is_collection else next(iter(others), None)


def _related(record: Record, name: str) -> list[Record]:
    loaded = record._loaded[name]
    return loaded if isinstance(loaded, list) else [] if loaded is None else [loaded]


def _as_json(record: Record, tree: Tree) -> dict[str, Any]:
    values = {name: to_json_value(getattr(record, name)) for name in record.COLUMNS}
    for name, rest in tree.items():
        others = [_as_json(other, rest) for other in _related(record, name)]
        values[name] = others if record.relationships()[name].is_collection else next(iter(others), None)
    return values
