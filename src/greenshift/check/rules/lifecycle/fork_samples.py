"""The samples of GS402."""

from __future__ import annotations

from typing import Final

from greenshift.check.rules.rule import Sample, code

_DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_engine("postgresql+psycopg://localhost/shop")


class Base(DeclarativeBase):
    pass
"""
_MAIN = """\
from fastapi import FastAPI

from app.database import Base, engine

Base.metadata.create_all(engine)
app = FastAPI()
"""
_TASKS = """\
from celery import Celery
from sqlalchemy import text

from app.database import engine

app = Celery("shop")

with engine.connect() as connection:
    COUNTRIES = connection.execute(text("SELECT code FROM countries")).scalars().all()


@app.task
def remove_old_carts():
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))
"""
_EXPORT = """\
from multiprocessing import Process

from sqlalchemy import create_engine, text

engine = create_engine("postgresql+psycopg://localhost/shop")


def export(table):
    with engine.connect() as connection:
        for row in connection.execute(text(f"SELECT * FROM {table}")):
            print(row)


def export_all():
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
    for table in tables:
        Process(target=export, args=(table,)).start()
"""

_EXPORT_NAMED = """\
def export_all(tables):
    for table in tables:
        Process(target=export, args=(table,)).start()
"""

BAD: Final = (
    Sample(
        {
            "app/database.py": _DATABASE,
            "app/main.py": _MAIN,
            "gunicorn.conf.py": 'worker_class = "uvicorn.workers.UvicornWorker"\nworkers = 4\npreload_app = True\n',
        },
        finds="gunicorn forks its workers",
    ),
    Sample({"app/database.py": _DATABASE, "app/tasks.py": _TASKS}, finds="Celery's worker forks"),
    code(_EXPORT, finds="multiprocessing.Process runs export()"),
    code(
        """\
import os

from sqlalchemy import create_engine, text

engine = create_engine("postgresql+psycopg://localhost/shop")


def work():
    with engine.begin() as connection:
        connection.execute(text("CALL next_job()"))


def main():
    with engine.connect() as connection:
        count = connection.scalar(text("SELECT count(*) FROM jobs"))
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            work()
            os._exit(0)
""",
        finds="os.fork()",
    ),
)
GOOD: Final = (
    Sample({"app/database.py": _DATABASE, "app/main.py": _MAIN}),
    Sample(
        {
            "app/database.py": _DATABASE,
            "app/main.py": _MAIN,
            "gunicorn.conf.py": """\
from app.database import engine

workers = 4
preload_app = True


def post_fork(server, worker):
    engine.dispose(close=False)
""",
        }
    ),
    Sample(
        {
            "app/database.py": _DATABASE,
            "app/main.py": "from fastapi import FastAPI\n\nfrom app.database import engine\n\napp = FastAPI()\n",
            "gunicorn.conf.py": "workers = 4\npreload_app = True\n",
        }
    ),
    Sample(
        {
            "app/database.py": _DATABASE,
            "app/tasks.py": _TASKS
            + """

from celery.signals import worker_process_init


@worker_process_init.connect
def own_connections(**_):
    engine.dispose(close=False)
""",
        }
    ),
    # Nothing is connected before the fork.
    code(_EXPORT[: _EXPORT.index("def export_all")] + _EXPORT_NAMED),
    code(
        _EXPORT.replace("create_engine(", "create_engine(poolclass=NullPool, url=").replace(
            "import create_engine, text", "import NullPool, create_engine, text"
        )
    ),
    code(_EXPORT.replace("def export(table):\n", "def export(table):\n    engine.dispose(close=False)\n")),
    code(
        """\
from concurrent.futures import ProcessPoolExecutor

from sqlalchemy import create_engine, text

engine = create_engine("postgresql+psycopg://localhost/shop")


def rendered(row):
    return f"<li>{row}</li>"


def page():
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name FROM items")).scalars().all()
    with ProcessPoolExecutor() as processes:
        return "".join(processes.map(rendered, rows))
"""
    ),
)
