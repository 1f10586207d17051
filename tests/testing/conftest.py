"""A small shop application, tried under the plugin in a pytest of its own."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator

import pytest

from greenshift.postgres import Server, ServerSettings, open_server

PYPROJECT = """
[tool.greenshift]
metadata = "shop.models:Base"
app = "shop.main:app"
env = ["DATABASE_URL"]
{extra}

[tool.pytest.ini_options]
addopts = "-p no:randomly -p no:cacheprovider -p no:schemathesis -p no:hypothesispytest"
asyncio_mode = "{mode}"
asyncio_default_fixture_loop_scope = "function"
"""

MODELS = """
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
"""

DATABASE = """
import os
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=3)
Session = async_sessionmaker(engine, expire_on_commit=False)
"""

MAIN = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from sqlalchemy import select
from shop.database import Session
from shop.models import Customer

started = []

@asynccontextmanager
async def lifespan(app):
    started.append("up")
    yield
    started.append("down")

app = FastAPI(lifespan=lifespan)

@app.post("/customers/{name}")
async def create(name: str):
    async with Session() as session:
        customer = Customer(name=name)
        session.add(customer)
        await session.commit()
        return {"id": customer.id}

@app.get("/customers")
async def index():
    async with Session() as session:
        return list(await session.scalars(select(Customer.name).order_by(Customer.id)))

@app.get("/health")
async def health():
    return "well"
"""


class Project:
    """A project folder with the shop in it, and pytest to run there."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.configure()
        package = pytester.mkpydir("shop")
        for name, text in (("models", MODELS), ("database", DATABASE), ("main", MAIN)):
            (package / f"{name}.py").write_text(text)

    def configure(self, extra: str = "", mode: str = "auto") -> None:
        self.pytester.makefile(".toml", pyproject=PYPROJECT.format(extra=textwrap.dedent(extra), mode=mode))

    def write(self, name: str, text: str) -> None:
        path = self.pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess(*arguments, timeout=120)

    def check(self, tests: str, *arguments: str, **outcomes: int) -> pytest.RunResult:
        """Write one test module, run it, and expect these outcomes."""
        self.write("test_shop.py", tests)
        result = self.run(*arguments)
        result.assert_outcomes(**outcomes)
        return result


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = open_server(ServerSettings(provider="embedded"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "GREENSHIFT_DATABASE_URL", "GREENSHIFT_DRIVER", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(name)


@pytest.fixture
def project(pytester: pytest.Pytester, server: Server, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The shop, on one server for the whole test session, since its start is not what these tests are about."""
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", server.url())
    return Project(pytester)


@pytest.fixture
def lonely_project(pytester: pytest.Pytester) -> Project:
    """The shop, with a server started from nothing by each run."""
    return Project(pytester)
