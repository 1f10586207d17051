"""Values that a CHECK forbids."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows
from greenshift.contract.rows.conditions import Condition


class CheckViolation(Behaviour):
    """A value that a condition forbids is refused."""

    name = "check"
    title = "write a value that a CHECK condition forbids"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the columns of which a forbidden value is known."""
        conditions = rows.conditions(model)
        return [
            column.name
            for column in model.columns.values()
            if column.stored_name in conditions.columns
            and column.stored_name not in conditions.loose
            and column.is_writable
            and column.references is None
            and not column.choices
            and forbidden(column, conditions.columns[column.stored_name])
        ]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write it."""
        column = scene.model.columns[subject]
        condition = scene.rows.conditions(scene.model).columns[column.stored_name]
        (value,) = forbidden(column, condition)
        async with scene.session() as session:
            values = await scene.rows.prepare(session, scene.model, {subject: value})

        async def write(session: Session) -> None:
            await session.insert(scene.model, values)

        return await scene.refused(write, "23514", f"{scene.model.name}.{subject} = {value!r}, which a CHECK forbids")


def forbidden(column: Column, condition: Condition) -> list[Any]:
    """Return a value that a condition forbids and the column's type allows; none if there is none in sight."""
    found: Any = None
    if column.python_type in (int, float, Decimal):
        if condition.minimum is not None:
            found = float(condition.minimum) - 1
        elif condition.above is not None:
            found = float(condition.above)
        elif condition.maximum is not None:
            found = float(condition.maximum) + 1
        elif condition.below is not None:
            found = float(condition.below)
        elif condition.excluded:
            found = float(condition.excluded[0])
        number = None if found is None else column.python_type(found)
        # What the type itself cannot hold is refused for another reason.
        too_large = (
            number is not None
            and column.precision is not None
            and (abs(number) >= 10 ** (column.precision - (column.scale or 0)))
        )
        return [] if number is None or too_large or abs(number) > 32_000 else [number]
    if column.python_type is str:
        if condition.choices is not None:
            found = "?"
        elif condition.min_length:
            found = "x" * (condition.min_length - 1)
        elif condition.max_length is not None and (column.length is None or column.length > condition.max_length):
            found = "x" * (condition.max_length + 1)
        elif condition.excluded:
            found = condition.excluded[0]
        elif condition.case:
            found = "x" if condition.case == "upper" else "X"
    if column.python_type is bool and condition.choices is not None and len(condition.choices) == 1:
        found = not condition.choices[0]
    return [] if found is None else [found]
