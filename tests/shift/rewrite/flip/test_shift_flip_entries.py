"""What runs outside of any loop keeps its sync form, and runs its work in a loop of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from infrastructure import flip, flipped, reasons

from greenshift.postgres import ServerSettings, open_server
from greenshift.shift.rewrite.flip import FIXERS
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.outside_loop import fix_outside_loop
from greenshift.shift.rewrite.stages import run_stages

DATABASE = (
    "from sqlalchemy import create_engine, text\nfrom sqlalchemy.orm import sessionmaker\n\n"
    'engine = create_engine("sqlite:///x.db")\nSessionLocal = sessionmaker(engine)\n'
)
ONE = (fix_outside_loop, fix_awaiting)


@pytest.mark.parametrize(
    ("imports", "decorator"),
    [
        ("from celery import Celery\napp = Celery()", "@app.task(bind=True)"),
        ("from celery import shared_task", "@shared_task"),
        ("import typer\napp = typer.Typer()", "@app.command()"),
        ("import click", "@click.command()"),
        ("from rq.decorators import job", '@job("default")'),
        ("from flask import Flask\napp = Flask('x')", '@app.route("/")'),
    ],
)
def test_a_function_that_a_library_calls(imports: str, decorator: str) -> None:
    result = flip(
        {
            "database.py": DATABASE,
            "tasks.py": f"{imports}\nfrom database import SessionLocal\n\n\n{decorator}\n"
            'def purge(user_id: int, *, force: bool = False) -> int:\n    """Purge."""\n    # Now.\n'
            "    with SessionLocal() as db:\n        db.commit()\n    return 1\n",
        },
        *ONE,
    )
    assert result.texts["tasks.py"].endswith(
        f"\n\n{decorator}\n"
        'def purge(user_id: int, *, force: bool = False) -> int:\n    """Purge."""\n'
        "    return run_async(purge_async(user_id, force=force))\n"
        "\n\nasync def purge_async(user_id: int, *, force: bool) -> int:\n    # Now.\n"
        "    async with SessionLocal() as db:\n        await db.commit()\n    return 1\n"
    )
    assert "from database import SessionLocal, run_async\n" in result.texts["tasks.py"]
    assert "def run_async(" in result.texts["database.py"]


def test_a_thread() -> None:
    new = flipped(
        DATABASE + "import threading\n\n\ndef loop():\n    with SessionLocal() as db:\n        db.commit()\n\n\n"
        "threading.Thread(target=loop, daemon=True).start()\n",
        *ONE,
    )
    assert "def loop():\n    run_async(loop_async())\n\n\nasync def loop_async():\n    async with" in new
    assert "Thread(target=loop, daemon=True)" in new


def test_a_method() -> None:
    new = flipped(
        DATABASE + "import threading\n\n\nclass Worker:\n    def start(self):\n"
        "        threading.Thread(target=self.work, args=(1,)).start()\n\n"
        "    def work(self, number):\n        with SessionLocal() as db:\n            db.commit()\n",
        *ONE,
    )
    assert (
        "    def work(self, number):\n        run_async(self.work_async(number))\n\n"
        "    async def work_async(self, number):\n        async with SessionLocal()" in new
    )


def test_async_code_calls_the_coroutine_function() -> None:
    result = flip(
        {
            "database.py": DATABASE,
            "tasks.py": "from celery import shared_task\nfrom database import SessionLocal\n\n\n@shared_task\n"
            "def purge(n):\n    with SessionLocal() as db:\n        return db.scalar('x')\n",
            "api.py": "from tasks import purge\n\n\nasync def route(db):\n    purge.delay(2)\n    return purge(1).x\n",
        },
        *ONE,
    )
    assert "from tasks import purge, purge_async\n" in result.texts["api.py"]
    assert "    purge.delay(2)\n    return (await purge_async(1)).x\n" in result.texts["api.py"]


def test_a_body_on_the_line_of_its_definition_is_listed() -> None:
    result = flip(DATABASE + "import click\n@click.command()\ndef go(): SessionLocal().commit()\n", *ONE)
    assert "go()" in result.texts["app.py"]
    assert reasons(result, "entry")


def test_calls_under_a_main_guard() -> None:
    new = flipped(
        DATABASE + "def seed():\n    with SessionLocal() as db:\n        db.commit()\n\n\n"
        'if __name__ == "__main__":\n    seed()\n    print("done")\n',
        *ONE,
    )
    assert new.endswith('if __name__ == "__main__":\n    run_async(seed())\n    print("done")\n')


def test_sessions_under_a_main_guard() -> None:
    new = flipped(
        DATABASE + '\nif __name__ == "__main__":\n    with SessionLocal() as db:\n        db.commit()\n', *ONE
    )
    assert new.endswith(
        "async def run_script() -> None:\n    async with SessionLocal() as db:\n        await db.commit()\n"
        '\n\nif __name__ == "__main__":\n    run_async(run_script())\n'
    )


def test_main_is_an_entry_for_console_scripts() -> None:
    new = flipped(
        DATABASE + "def main() -> None:\n    with SessionLocal() as db:\n        db.commit()\n\n\n"
        'if __name__ == "__main__":\n    main()\n',
        *ONE,
    )
    assert "def main() -> None:\n    run_async(main_async())\n" in new
    assert new.endswith('if __name__ == "__main__":\n    main()\n')


PROGRAM = (
    DATABASE
    + """import asyncio

import typer
from typer.testing import CliRunner

app = typer.Typer()


@app.command()
def add(number: int) -> None:
    with SessionLocal() as db:
        db.execute(text("create table if not exists t (n integer)"))
        db.execute(text("insert into t values (:n)"), {"n": number})
        db.commit()
        print(db.scalar(text("select count(*) from t")))


async def inside():
    print(CliRunner().invoke(app, ["3"]).output, end="")


if __name__ == "__main__":
    add(1)
    add(2)
    asyncio.run(inside())
"""
)


def test_the_whole_flip_of_a_command_runs_twice_and_inside_of_a_loop(tmp_path: Path) -> None:
    result = flip({"app.py": PROGRAM}, *FIXERS)
    (tmp_path / "app.py").write_text(result.texts["app.py"])
    ran = subprocess.run(
        [sys.executable, "app.py"], capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), check=False
    )
    assert ran.stdout == "1\n2\n3\n", ran.stderr + result.texts["app.py"]


BETWEEN = """
if __name__ == "__main__":
    with asyncio.Runner() as runner:
        runner.run(ask())
        count()
        runner.run(ask())
"""


def test_connections_that_another_loop_left_in_the_pool_are_not_used(tmp_path: Path) -> None:
    program = (
        "import asyncio\nimport os\n\n"
        + DATABASE.replace('"sqlite:///x.db"', 'os.environ["DATABASE_URL"]')
        + "import click\n\n\n@click.command()\ndef count():\n    with SessionLocal() as db:\n"
        "        print(db.scalar(text('select 2')))\n\n\nasync def ask():\n    with SessionLocal() as db:\n"
        "        print(db.scalar(text('select 1')))\n" + BETWEEN.replace("count()", "count.callback()")
    )
    (tmp_path / "app.py").write_text(flip({"app.py": program}, *FIXERS).texts["app.py"])
    server = open_server(ServerSettings())
    try:
        ran = subprocess.run(
            [sys.executable, "app.py"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "DATABASE_URL": server.url("postgres", "asyncpg")},
            check=False,
        )
    finally:
        server.stop()
    assert ran.stdout == "1\n2\n1\n", ran.stderr


def test_without_a_global_engine_asyncio_run_is_enough() -> None:
    new = flipped(
        "import click\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session\n\n\n"
        "@click.command()\ndef go():\n    engine = create_engine('sqlite://')\n"
        "    with Session(engine) as db:\n        db.commit()\n",
        *ONE,
    )
    assert "def go():\n    asyncio.run(go_async())\n" in new
    assert "import asyncio\n" in new


def test_a_wrapper_between_the_command_and_its_function_is_what_is_entered() -> None:
    new = flipped(
        DATABASE + "import functools\n\nimport click\n\n\ndef with_session(function):\n"
        "    @functools.wraps(function)\n    def wrapper(*args, **kwargs):\n"
        "        with SessionLocal() as db:\n            result = function(db, *args, **kwargs)\n"
        "            db.commit()\n"
        "        return result\n\n    return wrapper\n\n\n"
        "@click.command()\n@with_session\ndef purge(db, days):\n    db.flush()\n    return days\n",
        *ONE,
    )
    assert (
        "    @functools.wraps(function)\n    def wrapper(*args, **kwargs):\n"
        "        return run_async(wrapper_async(*args, **kwargs))\n\n"
        "    async def wrapper_async(*args, **kwargs):\n" in new
    )
    assert "            result = await function(db, *args, **kwargs)\n            await db.commit()\n" in new
    assert "@click.command()\n@with_session\nasync def purge(db, days):\n    await db.flush()\n" in new


def test_what_annotations_say_to_the_library_stays_with_the_sync_form() -> None:
    new = flipped(
        DATABASE + "from typing import Annotated\nimport typer\napp = typer.Typer()\n\n\n@app.command()\n"
        "def add(name: Annotated[str, typer.Option()], size: int = typer.Argument(1)) -> None:\n"
        "    with SessionLocal() as db:\n        db.commit()\n",
        *ONE,
    )
    assert "async def add_async(name: str, size: int) -> None:" in new


FACTORY = """\
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Flag(Base):
    __tablename__ = "flags"
    name: Mapped[str] = mapped_column(primary_key=True)


class Database:
    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self.factory = sessionmaker(self.engine)

    def create_tables(self) -> None:
        Base.metadata.create_all(self.engine)


def create_app() -> dict[str, Database]:
    database = Database("sqlite:///flags.db")
    database.create_tables()
    return {"database": database}


app = create_app()


def count() -> int:
    with app["database"].factory() as session:
        return len(session.scalars(select(Flag)).all())
"""


def test_what_an_import_calls_stays_sync_for_it(tmp_path: Path) -> None:
    result = flip(FACTORY, *FIXERS)
    new = result.texts["app.py"]
    assert "def create_app() -> dict[str, Database]:\n    return run_async(create_app_async())\n" in new
    assert "    await database.create_tables()\n" in new
    assert "\n\napp = create_app()\n" in new
    assert reasons(result, "import") == []
    (tmp_path / "app.py").write_text(new)
    inside = "import asyncio\nasync def main():\n    import app\n    print(await app.count())\nasyncio.run(main())\n"
    outside = "import asyncio, app\nprint(asyncio.run(app.count()))\n"
    for code in (inside, outside):
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout == "0\n", done.stderr


def test_what_a_main_block_calls_is_no_import() -> None:
    new = flipped(FACTORY.replace("\napp = create_app()", '\nif __name__ == "__main__":\n    create_app()'), *FIXERS)
    assert "async def create_app() -> " in new
    assert new.count("run_async") == 0


CACHED = """\
import functools
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session


def get_url() -> str:
    return "sqlite:///cached.db"


@functools.cache
def get_engine(url: Annotated[str, Depends(get_url)]) -> Engine | None:
    engine = create_engine(url)
    try:
        engine.connect()
        return engine
    except SQLAlchemyError:
        return None


def get_session(engine: Annotated[Engine | None, Depends(get_engine)]):
    with Session(engine) as session:
        yield session


app = FastAPI()


@app.get("/one")
def one(session: Annotated[Session, Depends(get_session)]) -> int:
    return session.scalar(text("select 1"))


async def directly() -> int:
    engine = get_engine(url=get_url())
    with Session(engine) as session:
        return session.scalar(text("select 2"))
"""
CALL_CACHED = """\
import asyncio, httpx, app

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app.app), base_url="http://test") as client:
        print((await client.get("/one")).text, (await client.get("/one")).text)
    print(await app.directly(), app.get_engine.cache_info().misses)

asyncio.run(main())
"""


def test_what_a_cache_calls_once_stays_sync_for_it(tmp_path: Path) -> None:
    new = run_stages({"app.py": CACHED})[-1].texts["app.py"]
    assert "-> AsyncEngine | None:\n    return run_async(get_engine_async(url))\n" in new
    assert "    engine = get_engine(url=get_url())\n" in new
    assert "async def get_engine_async(url: str) -> AsyncEngine | None:\n    engine = create_async_engine(" in new
    (tmp_path / "app.py").write_text(new)
    done = subprocess.run(
        [sys.executable, "-c", CALL_CACHED], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "1 1\n2 1\n", done.stderr


def test_what_is_cached_of_a_session_is_bridged() -> None:
    new = flipped(
        "import functools\nfrom sqlalchemy import text\nfrom sqlalchemy.orm import Session\n\n"
        "@functools.lru_cache\ndef count(session: Session):\n    return session.scalar(text('select 1'))\n\n"
        "def show(session: Session):\n    return count(session)\n",
        *FIXERS,
    )
    assert "run_async" not in new
    assert "return await session.run_sync(lambda _: count(session.sync_session))" in new
