"""One server of each version for the tests of templates, databases and rewinds; a run on it; clones of any schema."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from made_templates import MakeDatabase, template_of

from greenshift.postgres import Database, Run, Server, ServerSettings, open_server


@pytest.fixture(scope="session", params=["embedded", "installed"])
def any_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """PostgreSQL 18 from the wheel, and the one installed on the machine."""
    server = open_server(ServerSettings(provider=request.param))
    yield server
    server.stop()


@pytest.fixture
def run(any_server: Server) -> Iterator[Run]:
    """A run of the test's own; what it made is dropped at its end."""
    with Run.start(any_server) as run:
        yield run


@pytest.fixture
def make_database(any_server: Server, run: Run) -> MakeDatabase:
    """Make a clone of a template that is built from SQL; equal SQL shares the template."""
    numbers = itertools.count()

    def make(schema: str) -> Database:
        return template_of(any_server, run, schema).clone(run, f"test{next(numbers)}")

    return make
