"""What a module does with the database while it is imported goes into a function, which the lifespan calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.shift.rewrite.stages import run_stages

HEAD = """\
from fastapi import FastAPI
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def add(session: Session, name: str) -> None:
    session.add(Item(name=name))
    session.commit()


"""
SEED = """\
# What a new shop sells.
try:
    with SessionLocal() as session:
        if not session.query(Item).first():
            add(session, '''one
two''')
except ValueError as error:
    print(error)
"""
APPLICATION = HEAD + "Base.metadata.create_all(engine)\napp = FastAPI()\n\n" + SEED
SCRIPT = (HEAD + SEED).replace("from fastapi import FastAPI\n", "").replace("# What", "# Tables are there.\n# What")


def shifted(text: str) -> tuple[str, list[str]]:
    results = run_stages({"shop.py": text})
    reasons = [left.reason for result in results for left in result.left if left.kind in ("import", "barrier")]
    return results[-1].texts["shop.py"], reasons


def test_the_lifespan_does_what_the_import_did() -> None:
    text, reasons = shifted(APPLICATION)
    assert "    await create_tables()\n    await prepare_data()\n    yield\n" in text
    assert text.endswith("""\


# What a new shop sells.
async def prepare_data() -> None:
    \"\"\"Do with the database what importing this module did.\"\"\"

    try:
        async with SessionLocal() as session:
            if not (await session.scalars(select(Item).limit(1))).first():
                await add(session, '''one
two''')
    except ValueError as error:
        print(error)
""")
    assert reasons == []


def test_a_script_runs_it_in_a_loop_of_its_own() -> None:
    text, reasons = shifted(SCRIPT)
    assert text.endswith("        print(error)\n\n\nrun_async(prepare_data())\n")
    assert reasons == ["this still runs while the module is imported, in a new loop"]


@pytest.mark.parametrize("more", ["print(session)\n", "def f():\n    return error\n"])
def test_a_statement_whose_names_are_used_elsewhere_is_listed_and_stays(more: str) -> None:
    text, reasons = shifted(APPLICATION + more)
    assert "prepare_data" not in text
    assert "the database is used while the module is imported" in reasons


def test_a_second_run_changes_nothing() -> None:
    text, _ = shifted(APPLICATION)
    assert shifted(text)[0] == text


USE = """\
import asyncio
from sqlalchemy import select
from starlette.testclient import TestClient
import shop

with TestClient(shop.app):
    pass
with TestClient(shop.app):
    pass


async def names():
    async with shop.SessionLocal() as session:
        return (await session.scalars(select(shop.Item.name))).all()

print(asyncio.run(names()))
"""


def test_the_application_starts(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(shifted(APPLICATION)[0])
    (tmp_path / "use.py").write_text(USE)
    run = subprocess.run(
        [sys.executable, "use.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.stdout == "['one\\ntwo']\n", run.stderr
