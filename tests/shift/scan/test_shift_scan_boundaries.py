"""What ``scan --fail-on-sync`` counts: sessions that an application makes, not the sync one inside of an async one."""

from __future__ import annotations

from pathlib import Path

from greenshift.shift.scan.inventory import scan

ASYNC = """
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = async_sessionmaker(engine)
"""
MIXED = (
    ASYNC
    + """
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
SyncSession = sessionmaker(create_engine("sqlite://"))
"""
)
SERVICE = """
from sqlalchemy import select
from sqlalchemy.orm import object_session
from database import SessionLocal

class Group:
    def __len__(self):
        session = object_session(self)
        return session.execute(select(1)).scalar_one()

async def show(group):
    async with SessionLocal() as session:
        return await session.run_sync(lambda _: session.sync_session.bulk_save_objects([len(group)]))
"""


def boundaries(folder: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "requirements.txt").write_text("sqlalchemy\n")
    return [f"{item.place.file} {item.kind}" for item in scan(folder).boundaries]


def test_what_runs_inside_an_async_session_is_none(tmp_path: Path) -> None:
    assert boundaries(tmp_path, database=ASYNC, service=SERVICE) == []


def test_with_a_sync_session_made_somewhere_it_may_run_on_that(tmp_path: Path) -> None:
    assert set(boundaries(tmp_path, database=MIXED, service=SERVICE)) == {
        "database.py engine",
        "database.py session factory",
        "service.py service",
        "service.py session",
        "service.py bulk",
    }


def test_an_engine_of_its_own_counts(tmp_path: Path) -> None:
    engine = 'from sqlalchemy import create_engine\nengine = create_engine("sqlite://")\n'
    assert boundaries(tmp_path, database=ASYNC, service=SERVICE, other=engine) == ["other.py engine"]
