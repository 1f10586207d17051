"""Models of records as Greenshift's contract sees them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from greenshift.contract.description import Column, ForeignKey, Model, Relationship

from records import Record


def described(cls: type[Record], on_delete: str) -> Model:
    """Return what the contract is to know of a model; `on_delete` is that of all its foreign keys."""
    keys, links = cls.PRIMARY_KEY_DB_NAMES, cls.relationships()
    references = {link.foreign_key: (link.target.__name__, link.remote) for link in links.values() if link.foreign_key}
    columns = {
        column.name: Column(
            **asdict(column),
            is_key=column.name in keys,
            has_default=column.is_generated or column.is_server_default,
            has_time_zone=True if column.python_type is datetime else None,
            references=references.get(column.name),
        )
        for column in cls.COLUMNS.values()
    }
    relationships = {
        name: Relationship(
            name,
            link.target.__name__,
            link.is_collection,
            ((link.local, link.remote),),
            is_writable=False,
            loads=("lazy", "awaitable", "eager"),
            back=link.back,
            deletes_orphans=link.is_collection and on_delete == "CASCADE",
        )
        for name, link in links.items()
    }
    return Model(
        cls.__name__,
        cls,
        cls.TABLE_NAME,
        columns,
        relationships,
        keys,
        foreign_keys=tuple(
            ForeignKey((name,), target, (remote,), on_delete=on_delete) for name, (target, remote) in references.items()
        ),
        moves_sequence=True,
        has_json=True,
        is_association=set(keys) <= references.keys(),
    )
