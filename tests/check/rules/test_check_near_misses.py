"""Programs that are right in ways that a reader could take for wrong: no rule about pools, URLs or sessions speaks."""

from __future__ import annotations

import pytest

from greenshift.check.asking import findings_of
from greenshift.check.rules.registry import all_rules
from greenshift.check.static.reading import read_program
from greenshift.report.findings import Severity

RULES = [rule for rule in all_rules() if rule.id[2] in "123"]
REQUIREMENTS = "sqlalchemy>=2,<2.1\nasyncpg\npsycopg2-binary\n"
BEFORE = """\
import os, uuid
from urllib.parse import urlparse, parse_qs, urlencode, urlunparse
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool, StaticPool, QueuePool
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine, async_sessionmaker, AsyncSession
"""

PROGRAMS = {
    "parameters_taken_out": """
URL = os.getenv("DATABASE_URL", "postgresql://u@h/x?sslmode=require")
if URL.startswith("postgresql://"):
    A = URL.replace("postgresql://", "postgresql+asyncpg://", 1)
else:
    A = URL
if "?" in A:
    parsed = urlparse(A)
    q = parse_qs(parsed.query)
    for p in ["sslmode"]:
        if p in q:
            del q[p]
    A = urlunparse(parsed._replace(query=urlencode(q, doseq=True)))
engine = create_async_engine(A)
""",
    "scheme_and_arguments_by_branch": """
url = os.getenv("DATABASE_URL", "sqlite:///x.db")
args = {}
if url.startswith("sqlite"):
    url = url.replace("sqlite:///", "sqlite+aiosqlite:///")
    args["check_same_thread"] = False
else:
    if url.startswith("postgres://"):
        url = url.replace("postgres://", "postgresql+asyncpg://", 1)
    elif url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    if "sslmode=require" in url:
        args["ssl"] = "require"
engine = create_async_engine(url, connect_args=args, pool_pre_ping=True)
""",
    "settings_property": """
from pydantic_settings import BaseSettings
class S(BaseSettings):
    database_url: str = "postgresql://u@h/x?sslmode=require"
    @property
    def async_url(self) -> str:
        url = self.database_url
        if url.startswith("postgresql://") and "+asyncpg" not in url:
            return url.replace("postgresql://", "postgresql+asyncpg://", 1).split("?")[0]
        return url
s = S()
engine = create_async_engine(s.async_url)
""",
    "pool_chosen_by_port": """
def build(url, testing=False):
    kw = {"echo": False}
    if testing:
        kw["poolclass"] = NullPool
    else:
        kw["pool_size"] = 5
        kw["max_overflow"] = 5
    if ":6543" in url:
        kw["connect_args"] = {"statement_cache_size": 0, "prepared_statement_name_func": lambda: f"__{uuid.uuid4()}__"}
        kw.pop("pool_size", None)
        kw.pop("max_overflow", None)
        kw["poolclass"] = NullPool
    return create_async_engine(url, **kw)
engine = build("postgresql+asyncpg://u@h:6543/x")
""",
    "one_function_for_two_databases": """
def build(url):
    if url.startswith("sqlite"):
        return create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 20})
    return create_engine(url, poolclass=QueuePool, pool_size=10, connect_args={"options": "-csearch_path=public"})
engine = build(os.getenv("DATABASE_URL", "postgresql://u@h/x"))
engine2 = build("sqlite://")
""",
    "connections_made_elsewhere": """
from google.cloud.sql.connector import Connector
def getconn():
    return Connector().connect("x", "pg8000")
engine = create_engine("postgresql+pg8000://", creator=getconn, poolclass=QueuePool, pool_size=5, pool_pre_ping=True)
async_engine = create_async_engine("postgresql+asyncpg://", async_creator=getconn)
""",
    "sync_url_from_the_asyncio_one": """
DATABASE_URL = os.getenv("DATABASE_URL")
if not DATABASE_URL:
    DATABASE_URL = "postgresql+asyncpg://u@localhost/x"
if DATABASE_URL and DATABASE_URL.startswith("postgresql://"):
    DATABASE_URL = DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://", 1)
engine = create_async_engine(DATABASE_URL)
S = sessionmaker(autocommit=False, autoflush=False, bind=engine, class_=AsyncSession, expire_on_commit=False)
sync_url = DATABASE_URL.replace("+asyncpg", "")
sync = create_engine(sync_url)
sync2 = create_engine(make_url(DATABASE_URL).set(drivername="postgresql+psycopg"))
sync3 = create_engine(str(engine.url).replace("asyncpg", "psycopg2"))
""",
    "a_session_for_each_task": """
import asyncio
engine = create_async_engine("postgresql+asyncpg://u@localhost/x", pool_pre_ping=True)
S = async_sessionmaker(engine, expire_on_commit=False)
async def one(factory, i):
    async with factory() as s: ...
async def allof(xs):
    async with S() as session:
        ids = await load(session)
        results = await asyncio.gather(*(one(S, i) for i in ids))
        await asyncio.gather(save(session, results), notify(results))
    sem = asyncio.Semaphore(5)
    async def bound(i):
        async with sem:
            async with S() as session:
                return await work(session, i)
    return await asyncio.gather(*[bound(i) for i in xs])
""",
    "scoped_session_of_flask": """
from sqlalchemy.orm import scoped_session
from flask import Flask
app = Flask(__name__)
engine = create_engine("postgresql+psycopg2://u@localhost/x", pool_pre_ping=True)
db_session = scoped_session(sessionmaker(autocommit=False, autoflush=False, bind=engine))
@app.route("/")
def index():
    return db_session.query(1).all()
@app.teardown_appcontext
def shutdown(e=None):
    db_session.remove()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_found(name: str) -> None:
    program, unparsable = read_program({"app/database.py": BEFORE + PROGRAMS[name], "requirements.txt": REQUIREMENTS})
    assert unparsable == []
    assert program.engines
    found = [
        f"{finding.rule} {finding.place}: {finding.message}"
        for finding in findings_of(RULES, program)
        if finding.severity > Severity.ADVICE
    ]
    assert found == []
