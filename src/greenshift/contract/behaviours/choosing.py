"""Which columns a behaviour may give values of its own choice."""

from __future__ import annotations

from typing import Any

from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows


def can_hold(rows: Rows, model: Model, column: Column) -> bool:
    """Tell whether the contract may choose a column's value: no key, no condition, no override."""
    managed = {model.version, model.discriminator[0] if model.discriminator else None}
    conditions = rows.conditions(model)
    ordered = {name for first, second, _ in conditions.orders for name in (first, second)}
    unread = any(column.stored_name in text for text in conditions.unread)
    return (
        column.is_writable
        and not column.is_key
        and not column.is_generated
        and column.references is None
        and column.name not in managed
        and column.stored_name not in conditions.columns
        and column.stored_name not in ordered
        and not unread
        and not rows.is_overridden(model, column)
    )


def free_columns(rows: Rows, model: Model, *types: type[Any]) -> list[Column]:
    """Return the columns of some Python types of which the contract may choose the values."""
    return [one for one in model.columns.values() if one.python_type in types and can_hold(rows, model, one)]
