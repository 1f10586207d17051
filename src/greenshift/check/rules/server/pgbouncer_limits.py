"""GS507: a PgBouncer that takes fewer clients than the services can open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule
from greenshift.check.rules.server.sample_server import ASYNCPG, BOUNCER, asked, server
from greenshift.check.server.connections import pool_shares
from greenshift.check.server.engines import engines_of, name_several_servers
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Severity

_PROJECT = """\
[tool.greenshift.check]
workers = 4
instances = 2
"""
_FEW = replace(BOUNCER, settings={**BOUNCER.settings, "max_client_conn": "100"})


class PgBouncerLimits(Rule):
    """``max_client_conn``, and in session mode the pool's size, against what the services can open."""

    id = "GS507"
    title = "a PgBouncer that takes fewer connections than the services can open"
    severity = Severity.WARNING
    why = (
        "Above max_client_conn PgBouncer refuses clients (`no more connections allowed`). In session mode a client "
        "keeps a connection to the server for as long as it is connected, and a pool of the application keeps its "
        "connections: above the pool's size, the next ones wait until query_wait_timeout. In transaction mode fewer "
        "connections to the server than clients are the purpose, and no fault."
    )
    source = "https://www.pgbouncer.org/config.html#max_client_conn"
    fix = (
        "raise max_client_conn (in session mode default_pool_size too) above the sum, or make the services' pools "
        "smaller"
    )
    bad = (
        asked(
            ASYNCPG, server(bouncer=_FEW), project=_PROJECT, finds="can open 120 connections, but PgBouncer takes 100"
        ),
        asked(
            ASYNCPG,
            server(bouncer=replace(BOUNCER, pool_mode="session")),
            project=_PROJECT,
            finds="can open 120 connections, but PgBouncer, in session mode, opens 20",
        ),
    )
    good = (
        asked(ASYNCPG, server(bouncer=BOUNCER), project=_PROJECT),
        asked(ASYNCPG, server(bouncer=_FEW)),
        asked(ASYNCPG, server(bouncer=replace(BOUNCER, settings={})), project=_PROJECT),
        asked(ASYNCPG, server(max_connections=200), project=_PROJECT),
    )

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare the sum of the pools with PgBouncer's limits."""
        bouncer = server.pgbouncer
        if bouncer is None or name_several_servers(server, programs):
            return
        for environment in dict.fromkeys(program.environment for program in programs):
            shares = pool_shares(engines_of(server, [one for one in programs if one.environment == environment]))
            opened = sum(share.opened for share in shares)
            clients = bouncer.number("max_client_conn")
            limit = ""
            if clients is not None and opened > clients:
                limit = f"PgBouncer takes {clients} (max_client_conn)"
            elif bouncer.pool_mode == "session" and bouncer.pool_size is not None and opened > bouncer.pool_size:
                limit = f"PgBouncer, in session mode, opens {bouncer.pool_size} to the server for a database and a user"
            if limit:
                services = ", ".join(dict.fromkeys(share.service for share in shares))
                yield self.found(
                    f"the pools of {services} can open {opened} connections, but {limit}",
                    max(shares, key=lambda share: share.opened).engine.place,
                    subject="connections",
                )
