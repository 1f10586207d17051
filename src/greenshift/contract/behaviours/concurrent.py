"""Sessions at the same time."""

from __future__ import annotations

from typing import Any, Final

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene

_SESSIONS: Final = 5


class Concurrent(Behaviour):
    """Sessions at the same time do not meet: tasks of one loop, or threads."""

    name = "concurrent"
    title = "make records in several sessions at the same time"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make one in each, every second one rolled back."""
        async with scene.session() as session:
            rows = [await scene.rows.prepare(session, scene.model) for _ in range(_SESSIONS)]
        keys: dict[int, Any] = {}

        async def act(number: int) -> None:
            async with scene.session() as session:
                record = await session.insert(scene.model, rows[number])
                keys[number] = await scene.key(session, record)
                if number % 2:
                    await session.rollback()

        await scene.together([act(number) for number in range(_SESSIONS)])
        for number, key in sorted(keys.items()):
            there = await scene.read(key)
            if number % 2 and there is not None:
                raise scene.fail("a session that was rolled back left its record to another one")
            if not number % 2:
                if there is None:
                    raise scene.fail("a record that a session committed is lost among sessions at the same time")
                scene.compare(rows[number], there)
        await self._see_inside(scene)
        return len(keys)

    async def _see_inside(self, scene: Scene) -> None:
        """Begin a task, or a thread, inside of an open session: it has a session and a connection of its own."""
        seen: list[bool] = []

        async with scene.session() as session:
            made = await scene.insert(session)

            async def look() -> None:
                seen.append(await scene.read(made.key) is not None)

            await scene.together([look()])
            await session.rollback()
        shared = "a task that is started inside an open session shares its connection"
        if seen != [False]:
            raise scene.fail(f"{shared}: it sees what is not committed", "give each task a session of its own")
        if await scene.read(made.key) is not None:
            raise scene.fail(f"{shared}: its end committed what the session then rolled back")
