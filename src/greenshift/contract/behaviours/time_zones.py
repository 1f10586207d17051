"""Times with and without a zone."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows

_ZONE: Final = dt.timezone(dt.timedelta(hours=5, minutes=30))
_MOMENT: Final = dt.datetime(2024, 3, 31, 2, 30, 15, 123456)


class TimeZones(Behaviour):
    """A time with a zone is the same moment when it is read; one without stays without."""

    name = "time_zones"
    title = "write times of another zone, and times without one"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there is a time to choose."""
        return bool(self._columns(model, rows))

    def _columns(self, model: Model, rows: Rows) -> list[Column]:
        columns = free_columns(rows, model, dt.datetime)
        columns += [one for one in model.columns.values() if one.is_server_default and one.python_type is dt.datetime]
        return list({one.name: one for one in columns}.values())

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write one of an hour that some zones lack, then let defaults make some."""
        columns = self._columns(scene.model, scene.rows)
        values = {one.name: _MOMENT.replace(tzinfo=_ZONE) if one.has_time_zone else _MOMENT for one in columns}
        found = await scene.stays(values, given=values)
        made = await scene.make()
        read = await scene.must_read(made.key)
        for one in columns:
            if read[one.name] is not None and (read[one.name].tzinfo is not None) != bool(one.has_time_zone):
                raise scene.fail(
                    f"{scene.model.name}.{one.name} {'lacks' if one.has_time_zone else 'has'} a time zone when read"
                )
        return found
