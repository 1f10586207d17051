"""A real PostgreSQL with the tables of the models of many styles."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from contract.contract_models import Base
from contract.style_models import BASES

from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import (
    Database,
    Run,
    Server,
    ServerSettings,
    Template,
    TemplateSource,
    TemplateTarget,
    open_server,
)


@pytest.fixture(scope="session")
def contract_server() -> Iterator[Server]:
    server = open_server(ServerSettings(provider="embedded"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def adapter() -> SQLAlchemyAdapter:
    return SQLAlchemyAdapter(Base)


@pytest.fixture(scope="session")
def _database(contract_server: Server) -> Iterator[Database]:
    def build(target: TemplateTarget) -> None:
        for base in (Base, *BASES.values()):
            SQLAlchemyAdapter(base).create(target.url(None))

    run = Run.start(contract_server)
    template = Template.ensure(contract_server, run, TemplateSource("contract-models", build, "models of many styles"))
    yield template.clone(run, "main")
    run.close()


@pytest.fixture
def database(_database: Database) -> Iterator[Database]:
    yield _database
    _database.rewind()


def finish(coroutine: Coroutine[Any, Any, Any], *, is_async: bool) -> Any:
    """Run a coroutine in a loop, or to its end without one."""
    if is_async:
        return asyncio.run(coroutine)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a sync coroutine was suspended")
