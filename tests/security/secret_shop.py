"""A project that holds a secret wherever an application may have one, and every command of Greenshift run on it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from greenshift.postgres import Server, ServerSettings, open_server

SECRETS = {
    "of the URL in the environment": "zqEnvironmentUrlqz",
    "of that URL's query": "zqEnvironmentQueryqz",
    "of another variable": "zqVariableqz",
    "of PGPASSWORD": "zqPgPasswordqz",
    "of a URL in the source": "zqSourceUrlqz",
    "of that URL's query in the source": "zqSourceQueryqz",
    "of connect_args": "zqArgumentsqz",
    "of URL.create()": "zqUrlPartsqz",
    "of a setting's default": "zqSettingqz",
    "of the file .env": "zqDotEnvUrlqz",
    "of a key in .env": "zqDotEnvKeyqz",
    "of Alembic's file": "zqAlembicqz",
    "of a Compose file": "zqComposeqz",
    "of a statement": "zqStatementqz",
    "of a log": "zqLogqz",
}

FILES = {
    "pyproject.toml": """\
[project]
name = "secret-shop"
version = "1"
dependencies = ["fastapi", "sqlalchemy>=2.0", "psycopg[binary]"]

[tool.greenshift]
metadata = "app.database:Base"
app = "app.main:app"
env = ["DATABASE_URL"]
driver = "psycopg"

[tool.greenshift.services.web]
path = "app"
[tool.greenshift.services.worker]
path = "worker"

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
addopts = "-p no:schemathesis -p no:locust -p no:randomly -p no:cacheprovider -p no:sqla"
""",
    ".env": """\
DATABASE_URL=postgresql://app:zqDotEnvUrlqz@db.example.org/shop
STRIPE_KEY=zqDotEnvKeyqz
""",
    "compose.yaml": """\
services:
  web:
    build: .
    environment:
      DATABASE_URL: postgresql://app:zqComposeqz@db/shop
""",
    "alembic.ini": """\
[alembic]
script_location = migrations
sqlalchemy.url = postgresql://app:zqAlembicqz@db.example.org/shop
""",
    "app/__init__.py": "",
    "app/database.py": """\
import os

from sqlalchemy import URL, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


DATABASE_PASSWORD = os.environ.get("DATABASE_PASSWORD", "zqSettingqz")
DATABASE_URL = os.environ.get(
    "DATABASE_URL", "postgresql+psycopg://app:zqSourceUrlqz@db.example.org/shop?sslpassword=zqSourceQueryqz"
)
engine = create_engine(DATABASE_URL, pool_size=50, connect_args={"sslpassword": "zqArgumentsqz"})
reports = create_engine(
    URL.create("postgresql+psycopg", username="app", password="zqUrlPartsqz", host="db.example.org"),
    pool_size=0,
    connect_args={"password": "zqArgumentsqz"},
)
SessionLocal = sessionmaker(bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
""",
    "app/main.py": """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app.database import User, get_db

app = FastAPI()


@app.get("/first")
def first(db: Session = Depends(get_db)):
    user = db.query(User).order_by(User.id).first()
    return None if user is None else user.name
""",
    "app/service.py": """\
from sqlalchemy import text

from app.database import User


def prepare(session):
    session.execute(text("SET shop.password = 'zqStatementqz'"))


def add(session, name):
    prepare(session)
    session.add(User(name=name))
    session.commit()
""",
    "worker/__init__.py": "",
    "worker/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app:zqSourceUrlqz@db/shop?sslpassword=zqSourceQueryqz", pool_size=5)
""",
    "worker/driver.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql://app:zqSourceUrlqz@db/shop", connect_args={"password": "zqArgumentsqz"})
""",
    "worker/live.py": """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine("postgresql+asyncpg://app:zqSourceUrlqz@db.example.org/shop", poolclass=QueuePool)
""",
    "tests/test_service.py": """\
from app import service
from app.database import SessionLocal, User


def test_first(db):
    with SessionLocal() as session:
        service.add(session, "Ada")
        assert session.query(User).count() == 1
""",
    "failing/test_failing.py": """\
from sqlalchemy import create_engine, text

from app.database import SessionLocal, User, engine


def test_twice(db):
    with SessionLocal() as session:
        session.add_all([User(name="Ada"), User(name="Ada")])
        session.commit()


def test_statement(db):
    with SessionLocal() as session:
        session.execute(text("ALTER ROLE nobody_at_all PASSWORD 'zqStatementqz'"))


def test_elsewhere(db):
    url = engine.url.set(host="127.0.0.1", port=1, password="zqUrlPartsqz")
    with create_engine(url).connect():
        pass
""",
    "watch.py": """\
import logging
import os
import sys
import time

from sqlalchemy import create_engine, text

from greenshift import observe

logging.basicConfig(level=logging.DEBUG)
engine = create_engine(os.environ["DATABASE_URL"], connect_args={"sslpassword": "zqArgumentsqz"})
observer = observe.install(engine, slow=0.0, explain=True)
held = engine.connect()
held.execute(text("SELECT pg_sleep(0.01), :value"), {"value": os.environ["STRIPE_KEY"]})
try:
    engine.connect().execute(text("ALTER ROLE nobody_at_all PASSWORD 'zqStatementqz'"))
except Exception:
    pass
print(observer.serve(0), flush=True)
time.sleep(60)
""",
    "web.log": """\
Traceback (most recent call last):
  File "PROJECT/worker/driver.py", line 3, in <module>
    engine = create_async_engine("postgresql://app:zqLogqz@db.example.org/shop", connect_args={"password": "zqLogqz"})
  File "/usr/lib/python3.12/site-packages/sqlalchemy/ext/asyncio/engine.py", line 121, in create_async_engine
    return AsyncEngine(sync_engine)
  File "/usr/lib/python3.12/site-packages/sqlalchemy/ext/asyncio/engine.py", line 1035, in __init__
    raise exc.InvalidRequestError(
sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used. \
The loaded 'psycopg2' is not async.
""",
}

# Notes what any Python process under a command does: it is imported by each of them as it starts.
WATCH = """\
import os
import sys

FILE = os.open(os.environ["WATCH_FILE"], os.O_WRONLY | os.O_APPEND)
PROJECTS = os.environ["WATCH_PROJECTS"].split(":")


def watch(event, arguments):
    if event in ("socket.connect", "socket.bind"):
        note(event, arguments[1])
    elif event == "socket.getaddrinfo":
        note(event, arguments[0])
    elif event == "exec" and getattr(arguments[0], "co_name", "") == "<module>":
        name = arguments[0].co_filename
        if name.startswith(tuple(PROJECTS)):
            note("executed", name)


def note(event, what):
    os.write(FILE, f"{os.environ['WATCH_COMMAND']}\\t{event}\\t{what!r}\\n".encode())


sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Ran:
    """What one command printed."""

    name: str
    exit_code: int
    output: str


@dataclass(frozen=True)
class Shop:
    """The project, the folders that the commands may write to, and the server with a password that it is run on."""

    folder: Path
    project: Path
    server: Server
    password: str
    environment: Mapping[str, str]

    def greenshift(self, *arguments: str, cwd: Path | None = None) -> Ran:
        """Run a command of Greenshift in the project."""
        return self.run("greenshift", *arguments, cwd=cwd)

    def pytest(self, *arguments: str) -> Ran:
        """Run pytest in the project."""
        return self.run("pytest", *arguments)

    @property
    def watched(self) -> list[tuple[str, str, str]]:
        """What processes did so far: under which command, which event, and its address or file."""
        lines = (self.folder / "watched").read_text().splitlines()
        return [(command, event, what) for command, event, what in (line.split("\t") for line in lines)]

    def run(self, module: str, *arguments: str, cwd: Path | None = None) -> Ran:
        """Run a module of Python's in the project."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=cwd or self.project,
            env={**self.environment, "WATCH_COMMAND": arguments[0] if module == "greenshift" else module},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ran(" ".join([module, *arguments]), done.returncode, done.stdout + done.stderr)

    def copy(self, name: str) -> Path:
        """Return another copy of the project, for what changes it."""
        return Path(shutil.copytree(self.project, self.folder / "copies" / name))


@contextmanager
def secret_shop() -> Iterator[Shop]:
    """Make the project, and a server that asks for the password in the environment's URL."""
    folder = Path(tempfile.mkdtemp(prefix="secrets-", dir="/tmp"))
    folder.chmod(0o755)  # the server's own user looks for its programs below it
    server = open_server(ServerSettings(listen="tcp"))
    try:
        with psycopg.connect(server.address.url("postgres"), autocommit=True) as connection:
            password = SECRETS["of the URL in the environment"]
            connection.execute(
                sql.SQL("CREATE ROLE shopkeeper LOGIN CREATEDB PASSWORD {}").format(sql.Literal(password))
            )
            connection.execute("CREATE DATABASE production OWNER shopkeeper")
        project = folder / "project"
        for name, content in FILES.items():
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content.replace("PROJECT", str(project)))
        for name in ("home", "temporary", "cache", "state", "reports", "watch"):
            (folder / name).mkdir()
        (folder / "watch/sitecustomize.py").write_text(WATCH)
        (folder / "watched").touch()
        (folder / "watched").chmod(0o666)  # the server's own user runs a process of ours, too
        (folder / "temporary").chmod(0o1777)
        address = server.address
        url = (
            f"postgresql+psycopg://shopkeeper:{SECRETS['of the URL in the environment']}@{address.host}:{address.port}"
            f"/production?sslpassword={SECRETS['of that URL' + chr(39) + 's query']}"
        )
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "temporary"),
            "GREENSHIFT_CACHE_DIRECTORY": str(folder / "cache"),
            "GREENSHIFT_STATE_DIRECTORY": str(folder / "state"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(folder / "watch"),
            "WATCH_FILE": str(folder / "watched"),
            "WATCH_PROJECTS": f"{folder / 'project'}:{folder / 'copies'}",
            "WATCH_COMMAND": "",
            "COLUMNS": "300",
            "DATABASE_URL": url,
            "STRIPE_KEY": SECRETS["of another variable"],
            "PGPASSWORD": SECRETS["of PGPASSWORD"],
        }
        yield Shop(folder, project, server, password, environment)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def leaks(shown: str) -> list[str]:
    """Return which secrets are in a text."""
    return [name for name, secret in SECRETS.items() if secret in shown]


def files_with_secrets(folder: Path) -> dict[Path, tuple[int, list[str]]]:
    """Return the files below a folder that hold a secret, with their rights and which secrets they hold."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            held = leaks(path.read_bytes().decode("latin-1"))
            if held:
                found[path] = (stat.S_IMODE(path.stat().st_mode), held)
    return found
