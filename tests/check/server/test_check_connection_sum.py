"""The sum of what the services can open, shown and compared."""

from __future__ import annotations

from dataclasses import replace

from greenshift.check.configuration import read_configuration
from greenshift.check.facts import Program
from greenshift.check.rules.server.connection_sum import ConnectionSum
from greenshift.check.server import describe_server
from greenshift.check.server.connections import connection_notes, connection_table, pool_shares
from greenshift.check.server.engines import engines_of
from greenshift.check.server.facts import PgBouncerFacts, ServerFacts
from greenshift.check.static import read_program
from greenshift.report.findings import Severity

SERVER = ServerFacts(
    "db:5432/shop", (17, 2), {"max_connections": "100", "superuser_reserved_connections": "3"}, host="db", connections=4
)
ENGINE = 'from sqlalchemy import create_engine\nengine = create_engine("postgresql+psycopg://shop@{host}/shop"{more})\n'
CONFIGURATION = read_configuration(
    {}, {"auth": {"path": "auth", "workers": 2, "instances": 3}, "shop": {"path": "shop", "workers": 4, "instances": 2}}
)


def service(name: str, more: str = "", host: str = "db") -> Program:
    files = {f"{name}/db.py": ENGINE.format(host=host, more=more)}
    return read_program(files, CONFIGURATION, name=name)[0]


def test_the_sum_as_a_table() -> None:
    programs = [service("auth"), service("shop", ", pool_size=2, max_overflow=3")]
    shares = pool_shares(engines_of(SERVER, programs))
    table = connection_table(shares)
    assert table.columns == ("service", "engine", "instances", "workers", "pool_size", "max_overflow", "total")
    assert table.rows == (
        ("auth", "engine", "3", "2", "5", "10", "90"),
        ("shop", "engine", "2", "4", "2", "3", "40"),
        ("sum", "", "", "", "", "", "130"),
    )
    assert connection_notes(shares) == ()


def test_a_warning_names_both_places() -> None:
    programs = [service("auth"), service("shop", ", pool_size=2, max_overflow=3")]
    (finding,) = ConnectionSum().server(SERVER, programs)
    assert finding.severity is Severity.WARNING
    assert finding.message == "the pools of auth, shop can open 130 connections, of 97 that db:5432/shop allows"
    assert finding.place.file == "auth/db.py"
    assert [(place.file, text) for place, text in finding.related] == [
        ("auth/db.py", "auth: 3 instances x 2 workers x (5 + 10) = 90"),
        ("shop/db.py", "shop: 2 instances x 4 workers x (2 + 3) = 40"),
    ]


def test_an_error_if_the_sizes_alone_are_too_many() -> None:
    (finding,) = ConnectionSum().server(SERVER, [service("shop", ", pool_size=13, max_overflow=0")])
    assert finding.severity is Severity.ERROR
    assert "keep 104 connections open, of 97" in finding.message


def test_exactly_what_is_allowed_is_fine() -> None:
    allowed = replace(SERVER, settings={"max_connections": "96"})
    programs = [service("shop", ", pool_size=10, max_overflow=2")]
    assert not list(ConnectionSum().server(allowed, programs))
    assert list(ConnectionSum().server(replace(allowed, connection_limit=95), programs))


def test_what_is_not_known_counts_as_the_least_and_is_told() -> None:
    files = {"db.py": "import os\n" + ENGINE.format(host="db", more=', pool_size=int(os.environ["SIZE"])')}
    program, _ = read_program(files)
    shares = pool_shares(engines_of(SERVER, [program]))
    assert connection_table(shares).rows[0] == (
        "the program", "engine", "unknown", "unknown", "unknown", "10", "at least 10"
    )  # fmt: skip
    assert connection_notes(shares) == (
        "connections of the program: instances and workers and pool_size of engine not known; "
        "the sum counts the least that it can be",
    )
    assert not list(ConnectionSum().server(SERVER, [program]))


def test_no_limit_is_not_known() -> None:
    (share,) = pool_shares(engines_of(SERVER, [service("shop", ", pool_size=0, max_overflow=-1")]))
    assert share.unknown == ("pool_size", "max_overflow")


def test_an_engine_that_was_read_and_built_counts_once() -> None:
    read = service("shop")
    built = replace(read, engines=[replace(read.engines[0], is_live=True)])
    assert len(pool_shares(engines_of(SERVER, [read, built]))) == 1


def test_engines_of_other_servers_do_not_count() -> None:
    programs = [service("auth"), service("shop", host="replica")]
    assert [program.name for program, _ in engines_of(SERVER, programs)] == ["auth"]
    elsewhere = [service("auth", host="primary"), service("shop", host="replica")]
    tight = replace(SERVER, settings={"max_connections": "5"})
    assert not list(ConnectionSum().server(tight, elsewhere))
    _, notes = describe_server(tight, elsewhere)
    assert any("several hosts" in note for note in notes)


def test_environments_are_not_added_up() -> None:
    shop = service("shop", ", pool_size=5, max_overflow=5")
    both = [replace(shop, environment="staging"), replace(shop, environment="production")]
    assert not list(ConnectionSum().server(SERVER, both))


def test_what_is_shown_of_a_server() -> None:
    facts = replace(
        SERVER,
        settings={**SERVER.settings, "statement_timeout": "2500", "idle_session_timeout": "0"},
        pgbouncer=PgBouncerFacts(pool_mode="transaction"),
    )
    tables, notes = describe_server(facts, [service("shop")])
    assert dict(tables[0].rows) == {
        "address": "db:5432/shop",
        "PostgreSQL": "17.2",
        "TLS": "no",
        "usable connections": "97",
        "open connections": "4",
        "statement_timeout": "2.5 s",
        "idle_session_timeout": "off",
        "PgBouncer": "unknown version, pool_mode transaction",
    }
    assert [table.title for table in tables] == ["Server", "Connections that the services can open"]
    assert any("does not let this user ask it" in note for note in notes)
