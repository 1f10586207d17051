"""What names mean, which functions run repeatedly, what they call, and where they connect."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from greenshift.check.static.reading import read_program
from greenshift.check.usage.at_import import connections_at_import, is_conditional
from greenshift.check.usage.calls import reached
from greenshift.check.usage.connecting import uses
from greenshift.check.usage.event_loops import repeated_loops
from greenshift.check.usage.forking import forks
from greenshift.check.usage.names import Definition
from greenshift.check.usage.usage import Usage, usage_of

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_engine("postgresql+psycopg://localhost/shop")
async_engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Session = async_sessionmaker(async_engine)
"""


def _usage(**files: str) -> Usage:
    """Read files, given by their paths with two underscores for a slash."""
    texts = {f"{name.replace('__', '/')}.py": dedent(text) for name, text in files.items()}
    return usage_of(read_program(texts)[0])


def _function(usage: Usage, name: str) -> Definition:
    [found] = [definition for definition in usage.names.definitions() if definition[1].name == name]
    return found


def _engines(usage: Usage, path: str, expression: str) -> list[str]:
    """Return the names of the engines that the last expression of a file which reads so means."""
    file = usage.names.file(path)
    assert file is not None
    nodes = [node for node in ast.walk(file.tree) if isinstance(node, ast.expr) and ast.unparse(node) == expression]
    return [engine.name for engine in usage.names.engines(file, nodes[-1])]


@pytest.mark.parametrize(
    ("imported", "expression"),
    [
        ("from app.database import engine", "engine"),
        ("from app.database import engine as db", "db"),
        ("from app import database", "database.engine"),
        ("from app import database as d", "d.engine"),
        ("import app.database", "app.database.engine"),
        ("from .database import engine", "engine"),
        ("from . import database", "database.engine"),
        ("from app.exported import engine", "engine"),
        ("from app.made import get_engine", "get_engine()"),
    ],
)
def test_an_engine_by_every_way_to_import_it(imported: str, expression: str) -> None:
    usage = _usage(
        app____init__="",
        app__database=DATABASE,
        app__exported="from app.database import engine\n",
        app__made="from app.database import engine\n\ndef get_engine():\n    return engine\n",
        app__main=f"{imported}\n\nprint({expression})\n",
    )
    assert _engines(usage, "app/main.py", expression) == ["engine"]


@pytest.mark.parametrize(
    "text",
    [
        "from app.database import engine\n\ndef use(engine):\n    print(engine)\n",
        "from app.database import engine\n\ndef use():\n    engine = other()\n    print(engine)\n",
        "from app.database import engine\n\nfor engine in engines():\n    print(engine)\n",
        "from elsewhere import engine\n\nprint(engine)\n",
        "from app.database import Session as engine\n\nprint(engine)\n",
        "from app.database import engine as one\n\nengine = one if True else other()\nprint(engine)\n",
    ],
)
def test_a_name_that_may_be_something_else_is_no_engine(text: str) -> None:
    usage = _usage(app__database=DATABASE, app__main=text)
    assert _engines(usage, "app/main.py", "engine") == []


def test_an_engine_that_the_start_of_the_application_makes() -> None:
    usage = _usage(
        app__database="""\
        from sqlalchemy import create_engine

        engine = None

        def start():
            global engine
            engine = create_engine("postgresql+psycopg://localhost/shop")

        def use():
            print(engine)
        """
    )
    assert _engines(usage, "app/database.py", "engine") == ["engine"]


def test_an_attribute_of_the_class_that_makes_the_engine() -> None:
    usage = _usage(
        app__database="""\
        from sqlalchemy import create_engine

        class Database:
            def __init__(self, url):
                self.engine = create_engine(url)

            def check(self):
                with self.engine.connect():
                    pass
        """
    )
    assert len(_engines(usage, "app/database.py", "self.engine")) == 1


def test_calls_are_followed_through_modules_and_methods() -> None:
    usage = _usage(
        app__database=DATABASE,
        app__service="""\
        from app.database import Session

        async def load():
            async with Session() as session:
                return session
        """,
        app__main="""\
        import asyncio

        from app import service

        class Report:
            async def run(self):
                return await self.parts()

            async def parts(self):
                return [await service.load()]

        def main():
            asyncio.run(Report().run())
        """,
    )
    inside = reached(usage.names, *_function(usage, "run"))
    assert [function.name for _, function in inside] == ["run", "parts", "load"]
    found = [use.engine.name for file, function in inside for use in uses(usage.names, file, function)]
    assert found == ["async_engine"]


def test_what_an_inner_function_does_is_not_done_by_the_outer_one() -> None:
    usage = _usage(
        app__main=DATABASE
        + """
async def route():
    def load():
        with engine.connect() as connection:
            return connection
    later = lambda: engine.connect()
    return await in_thread(load)
"""
    )
    assert list(uses(usage.names, *_function(usage, "route"))) == []
    assert len(list(uses(usage.names, *_function(usage, "load")))) == 1


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("@app.get('/items')\ndef one(): ...", "route"),
        ("@router.websocket('/ws')\nasync def one(): ...", "route"),
        ("@client.get('items')\ndef one(): ...", None),
        ("@cache.get\ndef one(): ...", None),
        ("def one(): ...\ndef other(x=Depends(one)): ...", "dependency"),
        ("from typing import Annotated\ndef one(): ...\nDep = Annotated[int, Depends(one)]", "dependency"),
        ("from celery import shared_task\n@shared_task\ndef one(): ...", "task"),
        ("@celery.task(bind=True)\ndef one(self): ...", "task"),
        ("import dramatiq\n@dramatiq.actor\ndef one(): ...", "task"),
        ("from rq.decorators import job\n@job('low')\ndef one(): ...", "job"),
        ("def one(): ...\nqueue.enqueue(one)", "job"),
        ("def one(): ...\nscheduler.add_job(one, 'interval')", "task"),
        ("import threading\ndef one(): ...\nthreading.Thread(target=one).start()", "thread"),
        ("def one(): ...", None),
    ],
)
def test_roles(text: str, role: str | None) -> None:
    usage = _usage(app__main="# session\nfrom fastapi import Depends\n" + text)
    assert usage.roles.of(_function(usage, "one")[1]) == role


def test_loops_that_run_once_are_not_repeated() -> None:
    once = "import asyncio\n\nasync def work():\n    Session()\n\ndef main():\n    asyncio.run(work())\n"
    usage = _usage(app__database=DATABASE, app__main="from app.database import Session\n" + once + "\nmain()\n")
    assert list(repeated_loops(usage)) == []
    often = once.replace("    asyncio", "    for _ in range(2):\n        asyncio")
    usage = _usage(app__database=DATABASE, app__main="from app.database import Session\n" + often)
    assert [run.repeated for run in repeated_loops(usage)] == ["again and again"]


def test_a_file_that_nothing_imports_connects_when_it_is_run() -> None:
    text = "from app.database import engine\n\nwith engine.connect():\n    pass\n"
    assert list(connections_at_import(_usage(app__database=DATABASE, app__report=text))) == []
    imported = _usage(app__database=DATABASE, app__report=text, app__main="import app.report  # engine\n")
    assert [use.shown for use in connections_at_import(imported)] == ["engine.connect()"]


@pytest.mark.parametrize(
    ("before", "found"),
    [("", 1), ("import multiprocessing\nmultiprocessing.set_start_method('spawn')\n", 0)],
)
def test_processes_that_are_spawned_are_no_forks(before: str, found: int) -> None:
    text = "from multiprocessing import Process\n\ndef work():\n    engine.connect()\n\nProcess(target=work).start()\n"
    assert len(list(forks(_usage(app__main=before + DATABASE + text)))) == found


def test_conditions() -> None:
    usage = _usage(app__main="# engine\nif x:\n    one()\ntwo()\nthree() if y else four()\nwith five():\n    six()\n")
    [file] = usage.names.program.files
    calls = {ast.unparse(call.func): is_conditional(file, call) for call in file.nodes(ast.Call)}
    assert calls == {"one": True, "two": False, "three": True, "four": True, "five": False, "six": False}
