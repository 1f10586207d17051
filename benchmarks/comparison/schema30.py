"""The schema that everybody is measured on: tables with identity keys, unique and foreign keys, and indexes.

This file is also copied into the projects that pytest runs in, so it imports nothing but SQLAlchemy.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Identity, Numeric, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def declare(count: int) -> tuple[type[DeclarativeBase], list[type[Any]]]:
    """Return a declarative base and its classes, one for each of ``entry_000``, ``entry_001``...

    Each table but the first refers to an earlier one, so they hang together like those of an application.
    """

    class Base(DeclarativeBase):
        pass

    entries: list[type[Any]] = []
    for number in range(count):
        attributes: dict[str, Any] = {
            "__tablename__": f"entry_{number:03}",
            "__annotations__": {
                "id": Mapped[int],
                "name": Mapped[str],
                "amount": Mapped[Decimal],
                "created": Mapped[datetime.datetime],
            },
            "id": mapped_column(Identity(), primary_key=True),
            "name": mapped_column(String(80), unique=True),
            "amount": mapped_column(Numeric(12, 2), server_default="0"),
            "created": mapped_column(server_default=func.now()),
        }
        if number:
            attributes["__annotations__"]["parent_id"] = Mapped[int | None]
            attributes["parent_id"] = mapped_column(ForeignKey(f"entry_{number // 2:03}.id"), index=True)
        entries.append(type(f"Entry{number:03}", (Base,), attributes))
    return Base, entries
