"""Decimals at their limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows


class Decimals(Behaviour):
    """The largest, the smallest and a negative number come back exactly."""

    name = "decimals"
    title = "write decimals at their limits"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there is a decimal to choose."""
        return bool(free_columns(rows, model, Decimal))

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write each."""
        columns = free_columns(scene.rows, scene.model, Decimal)
        found = []
        for sign in (1, -1):
            largest = {one.name: sign * _largest(one) for one in columns}
            found.append(await scene.stays(largest, given=largest))
        smallest = {one.name: Decimal(1).scaleb(-_scale(one)) for one in columns}
        found.append(await scene.stays(smallest, given=smallest))
        return found


def _scale(column: Column) -> int:
    return column.scale if column.scale is not None else (0 if column.precision is not None else 6)


def _largest(column: Column) -> Decimal:
    digits = column.precision if column.precision is not None else 20
    return (Decimal(10) ** digits - 1).scaleb(-_scale(column))
