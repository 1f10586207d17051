"""Who is compared: the project that each way of isolating tests is given, as its own documentation sets it up."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent
from typing import Literal

from greenshift.postgres import Server

TABLES = 30
GREENSHIFT = "Greenshift rewind, sync"

APPLICATION = f"""
from schema30 import declare

Base, ENTRIES = declare({TABLES})
Entry = ENTRIES[0]
"""

SYNC_TEST = """
import pytest
from sqlalchemy import func, select
from app import Entry

@pytest.mark.parametrize("number", range({tests}))
def test_one_insert_one_commit_one_count(number, {session}):
    {session}.add(Entry(name="one"))
    {session}.commit()
    assert {session}.scalar(select(func.count()).select_from(Entry)) == 1
"""

ASYNC_TEST = """
import pytest
from sqlalchemy import func, select
from app import Entry

@pytest.mark.parametrize("number", range({tests}))
async def test_one_insert_one_commit_one_count(number, {session}):
    {session}.add(Entry(name="one"))
    await {session}.commit()
    assert await {session}.scalar(select(func.count()).select_from(Entry)) == 1
"""

BARE_TEST = """
import pytest
from sqlalchemy import func, select
from app import Entry

@pytest.mark.parametrize("number", range({tests}))
{define} test_nothing(number):
    pass
"""

# What a hand-written conftest has in common whatever it does between tests.
ENGINE = """
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from app import Base

@pytest.fixture(scope="session")
def engine():
    engine = create_engine({url!r})
    yield engine
    Base.metadata.drop_all(engine)
    engine.dispose()
"""

TRUNCATE = """
@pytest.fixture(scope="session")
def tables(engine):
    Base.metadata.create_all(engine)
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    return text(f"TRUNCATE {names} RESTART IDENTITY CASCADE")

@pytest.fixture
def session(engine, tables):
    with Session(engine) as session:
        yield session
    with engine.begin() as connection:
        connection.execute(tables)
"""

CREATE_ALL = """
@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)
"""

RECIPE = """
@pytest.fixture(scope="session")
def tables(engine):
    Base.metadata.create_all(engine)

@pytest.fixture
def session(engine, tables):
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()
"""

PYTEST_POSTGRESQL = """
import pytest
from pytest_postgresql import factories
from sqlalchemy import URL, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from app import Base

def engine_for(dbname, **_):
    url = URL.create("postgresql+psycopg", {user!r}, None, None, None, dbname, {query!r})
    return create_engine(url, poolclass=NullPool)

def load(**arguments):
    Base.metadata.create_all(engine_for(**arguments))

server = factories.postgresql_noproc(host={host!r}, port={port!r}, user={user!r}, dbname={database!r}, load=[load])
postgresql = factories.postgresql("server")
"""

ENGINE_PER_TEST = """
@pytest.fixture
def session(postgresql):
    with Session(engine_for(postgresql.info.dbname)) as session:
        yield session
"""

ENGINE_FOR_ALL = """
@pytest.fixture(scope="session")
def engine():
    return engine_for({database!r})

@pytest.fixture
def session(postgresql, engine):
    with Session(engine) as session:
        yield session
"""

POOLED = """
import pytest
from sqlalchemy.pool import QueuePool

@pytest.fixture(scope="session")
def sqla_engine_options():
    return {"poolclass": QueuePool}
"""


# The same tables as schema30.py makes, as Django's models.
DJANGO_MODELS = f"""
from django.db import models
from django.db.models.functions import Now


def declare(number):
    attributes = {{
        "__module__": __name__,
        "name": models.CharField(max_length=80, unique=True),
        "amount": models.DecimalField(max_digits=12, decimal_places=2, db_default=0),
        "created": models.DateTimeField(db_default=Now()),
    }}
    if number:
        parent = f"Entry{{number // 2:03}}"
        attributes["parent"] = models.ForeignKey(parent, models.CASCADE, null=True, related_name="+")
    return type(f"Entry{{number:03}}", (models.Model,), attributes)


ENTRIES = [declare(number) for number in range({TABLES})]
"""

DJANGO_SETTINGS = """
SECRET_KEY = "benchmark"
INSTALLED_APPS = ["entries"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": {database!r},
        "USER": {user!r},
        "HOST": {host!r},
        "PORT": {port!r},
    }}
}}
"""

DJANGO_TEST = """
import pytest
from django.db import transaction
from entries.models import ENTRIES

Entry = ENTRIES[0]

@pytest.mark.parametrize("number", range({tests}))
def test_one_insert_one_commit_one_count(number, {session}):
    with transaction.atomic():
        Entry.objects.create(name="one")
    assert Entry.objects.count() == 1
"""


@dataclass(frozen=True)
class Contender:
    """One way of keeping tests apart.

    Args:
        name: what the table calls it.
        session: the fixture that gives its tests a session; None for the bare test.
        plugins: the pytest plugins it needs; no others are loaded.
        tests: how many tests one run has, so that slow ones do not take all the time.
        is_async: whether its tests are coroutines.
        loop_scope: the scope of pytest-asyncio's event loop.
        conftest: its conftest.
        table: its table in pyproject.toml, if it has one.
        ini: its lines under ``[tool.pytest.ini_options]``.
        database: an empty database that is made for it.
        environment: variables of its process.
        test: its test, where that is not SQLAlchemy's.
        more_files: files of its project that others have not.
    """

    name: str
    session: str | None
    plugins: tuple[str, ...] = ()
    tests: int = 300
    is_async: bool = False
    loop_scope: Literal["function", "session"] = "function"
    conftest: str = ""
    table: str = ""
    ini: str = ""
    database: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    test: str = ""
    more_files: dict[str, str] = field(default_factory=dict)

    @property
    def baseline(self) -> str:
        """The name of the bare test that is taken off."""
        return f"bare test, {self.kind}"

    @property
    def kind(self) -> str:
        """Whether it is sync or async, and in which loops."""
        if not self.is_async:
            return "sync"
        return "async" if self.loop_scope == "function" else "async, one loop"

    def files(self, tests: int) -> dict[str, str]:
        """Return the files of its project by name."""
        if self.session is None:
            body = BARE_TEST.format(tests=tests, define="async def" if self.is_async else "def")
        else:
            test = self.test or (ASYNC_TEST if self.is_async else SYNC_TEST)
            body = test.format(tests=tests, session=self.session)
        asyncio = (
            f'asyncio_mode = "auto"\nasyncio_default_test_loop_scope = "{self.loop_scope}"\n' if self.is_async else ""
        )
        ini = f'[tool.pytest.ini_options]\npythonpath = ["."]\n{asyncio}{self.ini}'
        return {
            "app.py": APPLICATION,
            "conftest.py": dedent(self.conftest),
            "pyproject.toml": f"{self.table}\n{ini}",
            "test_entries.py": body,
            **self.more_files,
        }


def contenders(server: Server) -> list[Contender]:
    """Return everybody who takes part, the bare tests first."""
    return [
        *_bare(),
        *_greenshift(server),
        *_pytest_sqla(server),
        *_pytest_postgresql(server),
        *_pytest_django(server),
        *_by_hand(server),
    ]


def _bare() -> list[Contender]:
    return [
        Contender("bare test, sync", None),
        Contender("bare test, async", None, ("asyncio",), is_async=True),
        Contender("bare test, async, one loop", None, ("asyncio",), is_async=True, loop_scope="session"),
    ]


def _greenshift(server: Server) -> list[Contender]:
    def ours(name: str, isolation: str, tests: int = 300, driver: str = "asyncpg", **more: object) -> Contender:
        asynchronous = bool(more.get("is_async"))
        return Contender(
            f"Greenshift {isolation}, {name}",
            "async_db_session" if asynchronous else "db_session",
            ("greenshift", "asyncio") if asynchronous else ("greenshift",),
            tests,
            table=f'[tool.greenshift]\nmetadata = "app:Base"\nisolation = "{isolation}"\ndriver = "{driver}"\n',
            environment={"GREENSHIFT_DATABASE_URL": server.url()},
            **more,  # type: ignore[arg-type]
        )

    return [
        ours("sync", "rewind"),
        ours("sync", "rollback"),
        ours("sync", "clone", 100),
        ours("asyncpg", "rewind", is_async=True),
        ours("psycopg async", "rewind", driver="psycopg", is_async=True),
        ours("asyncpg, one loop", "rewind", is_async=True, loop_scope="session"),
        ours("psycopg async, one loop", "rewind", driver="psycopg", is_async=True, loop_scope="session"),
    ]


def _pytest_sqla(server: Server) -> list[Contender]:
    database = "benchmark_sqla"

    def theirs(name: str, driver: str = "psycopg", **more: object) -> Contender:
        asynchronous = bool(more.get("is_async"))
        urls = f'sqla_url = "{server.url(database, "psycopg")}"\n'
        if asynchronous:
            urls += f'sqla_async_url = "{server.url(database, driver)}"\n'
        return Contender(
            f"pytest-sqla, {name}",
            "sqla_async_session" if asynchronous else "sqla_session",
            ("sqla", "asyncio") if asynchronous else ("sqla",),
            ini=f'{urls}sqla_metadata = "app:Base"\n',
            database=database,
            **more,  # type: ignore[arg-type]
        )

    return [
        theirs("sync", conftest=""),
        theirs("sync, pooled", conftest=POOLED),
        theirs("asyncpg", "asyncpg", is_async=True),
        theirs("psycopg async", "psycopg", is_async=True),
        theirs("asyncpg, one loop, pooled", "asyncpg", is_async=True, loop_scope="session"),
        theirs("psycopg async, one loop, pooled", "psycopg", is_async=True, loop_scope="session"),
    ]


def _pytest_postgresql(server: Server) -> list[Contender]:
    address = server.address
    values = {
        "user": address.user,
        "host": address.host,
        "port": address.port,
        "database": "benchmark_pytest_postgresql",
        "query": {"host": address.host, "port": str(address.port)},
    }
    plugins = ("pytest_postgresql",)
    conftest = PYTEST_POSTGRESQL.format(**values)
    return [
        Contender("pytest-postgresql, sync", "session", plugins, 40, conftest=conftest + ENGINE_PER_TEST),
        Contender(
            "pytest-postgresql, one engine",
            "session",
            plugins,
            40,
            conftest=conftest + ENGINE_FOR_ALL.format(**values),
        ),
    ]


def _pytest_django(server: Server) -> list[Contender]:
    address = server.address
    settings = DJANGO_SETTINGS.format(
        user=address.user, host=address.host, port=str(address.port), database="benchmark_django"
    )
    files = {"entries/__init__.py": "", "entries/models.py": DJANGO_MODELS, "settings.py": settings}

    def theirs(name: str, fixture: str, tests: int) -> Contender:
        ini = 'DJANGO_SETTINGS_MODULE = "settings"\n'
        return Contender(name, fixture, ("django",), tests, ini=ini, test=DJANGO_TEST, more_files=files)

    return [
        theirs("pytest-django, db (rolled back)", "db", 300),
        theirs("pytest-django, transactional_db", "transactional_db", 100),
    ]


def _by_hand(server: Server) -> list[Contender]:
    def own(name: str, text: str, tests: int) -> Contender:
        database = "benchmark_by_hand"
        conftest = ENGINE.format(url=server.url(database, "psycopg")) + text
        return Contender(f"{name}, sync", "session", tests=tests, conftest=conftest, database=database)

    return [
        own("SQLAlchemy's rollback recipe", RECIPE, 300),
        own("TRUNCATE of all tables", TRUNCATE, 100),
        own("create_all and drop_all", CREATE_ALL, 20),
    ]
