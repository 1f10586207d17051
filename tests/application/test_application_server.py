"""The server on which an application gets its databases."""

from __future__ import annotations

import psycopg
import pytest

from greenshift.application.server import ServerOnDemand
from greenshift.config import Config
from greenshift.postgres import Template, TemplateSource, TemplateTarget


def said(target: TemplateTarget, query: str) -> list[object]:
    with target.connect() as connection:
        return [row[0] for row in connection.execute(query.encode()).fetchall()]


def test_a_server_is_started_when_needed_and_ended() -> None:
    config = Config(settings={"work_mem": "5MB"}, extensions=("citext",))
    with ServerOnDemand(config, {"max_connections": "77", "work_mem": "9MB"}) as on_demand:
        server = on_demand.server
        assert on_demand.server is server
        assert not server.address.is_socket
        source = TemplateSource("with extensions", on_demand.create_extensions, "with extensions")
        name = Template.ensure(server, on_demand.run, source).clone(on_demand.run, "shop").name
        target = TemplateTarget(server, name)
        assert said(target, "SELECT extname::text FROM pg_extension WHERE extname = 'citext'") == ["citext"]
        assert said(target, "SHOW max_connections") + said(target, "SHOW work_mem") == ["77", "5MB"]
    with pytest.raises(psycopg.OperationalError):
        server.connect()


def test_a_given_server_stays_and_its_databases_go() -> None:
    with ServerOnDemand(Config()) as owner:
        given = owner.server
        with ServerOnDemand(Config(url=given.url())) as on_demand:
            source = TemplateSource("empty", lambda _: None, "empty")
            name = Template.ensure(on_demand.server, on_demand.run, source).clone(on_demand.run, "shop").name
            assert said(TemplateTarget(given, name), "SELECT 1") == [1]
        assert said(TemplateTarget(given, given.maintenance_database), "SELECT 1") == [1]
        with pytest.raises(psycopg.OperationalError):
            given.connect(name)


def test_nothing_is_started_where_nothing_is_needed() -> None:
    with ServerOnDemand(Config(url="postgresql://nowhere.invalid/none")) as on_demand:
        assert on_demand.config.url is not None
