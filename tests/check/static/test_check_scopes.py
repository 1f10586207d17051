"""How often an engine or session is made: each form its own case."""

from __future__ import annotations

import textwrap

import pytest
from reading_programs import IMPORTS, program_of

from greenshift.check.facts import Scope

FASTAPI = "from fastapi import APIRouter, Depends, FastAPI\napp = FastAPI()\n"

CASES = {
    "at import": ("engine = create_engine('a://')", Scope.MODULE),
    "in a class body": ("class Db:\n    engine = create_engine('a://')", Scope.MODULE),
    "by a helper at import": ("def make():\n    return create_engine('a://')\nengine = make()", Scope.MODULE),
    "in a function that nothing calls": ("def make():\n    return create_engine('a://')", Scope.FUNCTION),
    "cached": ("import functools\n@functools.lru_cache\ndef make():\n    return create_engine('a://')", Scope.CACHED),
    "cached with arguments": (
        "from functools import lru_cache\n@lru_cache(maxsize=1)\ndef make():\n    return create_engine('a://')",
        Scope.CACHED,
    ),
    "a cached property": (
        "from functools import cached_property\nclass Db:\n    @cached_property\n    def engine(self):\n"
        "        return create_engine('a://')",
        Scope.CACHED,
    ),
    "a global": (
        "engine = None\ndef get():\n    global engine\n    if engine is None:\n        engine = create_engine('a://')\n"
        "    return engine",
        Scope.CACHED,
    ),
    "an attribute that is asked first": (
        "class Db:\n    _e = None\n    def get(self):\n        if self._e is None:\n"
        "            self._e = create_engine('a://')\n        return self._e",
        Scope.CACHED,
    ),
    "an attribute that is asked and returned": (
        "class Db:\n    _e = None\n    def get(self):\n        if self._e:\n            return self._e\n"
        "        self._e = create_engine('a://')\n        return self._e",
        Scope.CACHED,
    ),
    "hasattr": (
        "class Db:\n    def get(self):\n        if not hasattr(self, '_e'):\n"
        "            self._e = create_engine('a://')\n        return self._e",
        Scope.CACHED,
    ),
    "a dict that is asked first": (
        "engines = {}\ndef get(url):\n    if url not in engines:\n        engines[url] = create_engine(url)\n"
        "    return engines[url]",
        Scope.CACHED,
    ),
    "the lifespan": (
        FASTAPI + "async def lifespan(app):\n    engine = create_engine('a://')\n    yield",
        Scope.CACHED,
    ),
    "a startup": (
        FASTAPI + "@app.on_event('startup')\ndef start():\n    app.state.e = create_engine('a://')",
        Scope.CACHED,
    ),
    "a constructor called at import": (
        "class Db:\n    def __init__(self):\n        self.engine = create_engine('a://')\ndb = Db()",
        Scope.MODULE,
    ),
    "a FastAPI route": (FASTAPI + "@app.get('/')\ndef read():\n    create_engine('a://')", Scope.REQUEST),
    "a WebSocket": (FASTAPI + "@app.websocket('/ws')\nasync def read(ws):\n    create_engine('a://')", Scope.REQUEST),
    "a router with a named path": (
        FASTAPI + "PATH = '/x'\nr = APIRouter()\n@r.post(PATH)\ndef read():\n    create_engine('a://')",
        Scope.REQUEST,
    ),
    "a Flask route": (
        "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef read():\n    create_engine('a://')",
        Scope.REQUEST,
    ),
    "a Flask view": (
        "from flask.views import MethodView\nclass V(MethodView):\n    def get(self):\n        create_engine('a://')",
        Scope.REQUEST,
    ),
    "a Litestar route": (
        "from litestar import get\n@get('/')\nasync def read() -> None:\n    create_engine('a://')",
        Scope.REQUEST,
    ),
    "a Starlette route": (
        "from starlette.routing import Route\ndef read(request):\n    create_engine('a://')\n"
        "routes = [Route('/', read)]",
        Scope.REQUEST,
    ),
    "a dependency": (
        FASTAPI + "def db():\n    yield create_engine('a://')\n@app.get('/')\ndef read(e=Depends(db)):\n    pass",
        Scope.REQUEST,
    ),
    "a helper of a route": (
        FASTAPI + "def make():\n    return create_engine('a://')\n@app.get('/')\ndef read():\n    make()",
        Scope.REQUEST,
    ),
    "a helper of a route that keeps it": (
        FASTAPI + "e = None\ndef make():\n    return create_engine('a://')\n@app.get('/')\ndef read():\n"
        "    global e\n    if e is None:\n        e = make()",
        Scope.CACHED,
    ),
    "middleware": (
        "from starlette.middleware.base import BaseHTTPMiddleware\nclass M(BaseHTTPMiddleware):\n"
        "    async def dispatch(self, request, call_next):\n        create_engine('a://')",
        Scope.REQUEST,
    ),
    "a cache's get is no route": (
        "@cache.get(3)\ndef make():\n    return create_engine('a://')",
        Scope.FUNCTION,
    ),
    "a Celery task": (
        "from celery import Celery\ncelery = Celery()\n@celery.task\ndef run():\n    create_engine('a://')",
        Scope.TASK,
    ),
    "a shared task": (
        "from celery import shared_task\n@shared_task\ndef run():\n    create_engine('a://')",
        Scope.TASK,
    ),
    "a Dramatiq actor": ("import dramatiq\n@dramatiq.actor\ndef run():\n    create_engine('a://')", Scope.TASK),
    "a scheduled job": (
        "from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\n"
        "@s.scheduled_job('cron')\ndef run():\n    create_engine('a://')",
        Scope.TASK,
    ),
    "the main program": ("if __name__ == '__main__':\n    create_engine('a://')", Scope.SCRIPT),
    "a function of the main program": (
        "def main():\n    create_engine('a://')\nif __name__ == '__main__':\n    main()",
        Scope.SCRIPT,
    ),
    "a Typer command": (
        "import typer\ncli = typer.Typer()\n@cli.command()\ndef run():\n    create_engine('a://')",
        Scope.SCRIPT,
    ),
    "a Click command": ("import click\n@click.command()\ndef run():\n    create_engine('a://')", Scope.SCRIPT),
    "a fixture": ("import pytest\n@pytest.fixture\ndef engine():\n    return create_engine('a://')", Scope.TEST),
}


@pytest.mark.parametrize(("source", "scope"), CASES.values(), ids=CASES.keys())
def test_the_scope(source: str, scope: Scope) -> None:
    (engine,) = program_of({"app/db.py": IMPORTS + textwrap.dedent(source)}).engines
    assert engine.scope is scope


@pytest.mark.parametrize("path", ["tests/db.py", "app/test_db.py", "conftest.py", "app/db_test.py", "app/tests/x.py"])
def test_test_code(path: str) -> None:
    (engine,) = program_of({path: IMPORTS + "engine = create_engine('a://')"}).engines
    assert engine.scope is Scope.TEST


def test_alembic() -> None:
    source = "from alembic import context\nfrom sqlalchemy import create_engine\ne = create_engine('a://')"
    (engine,) = program_of({"migrations/env.py": source}).engines
    assert engine.scope is Scope.SCRIPT


def test_a_dependency_of_another_module() -> None:
    program = program_of(
        {
            "app/db.py": IMPORTS + "engine = create_engine('a://')\ndef get_session():\n    yield Session(engine)\n",
            "app/routes.py": FASTAPI
            + "from app.db import get_session\n@app.get('/')\ndef f(s=Depends(get_session)): ...",
        }
    )
    assert program.session_factories[0].scope is Scope.REQUEST
    assert program.engines[0].scope is Scope.MODULE
