"""What a report shows of a server beside the findings."""

from __future__ import annotations

from collections.abc import Sequence

from greenshift.check.facts import Program
from greenshift.check.server.connections import connection_notes, connection_table, pool_shares
from greenshift.check.server.engines import engines_of, name_several_servers
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Table


def describe_server(server: ServerFacts, programs: Sequence[Program]) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Return the tables and the notes about a server and the programs that use it.

    Args:
        server: what it said.
        programs: the programs.
    """
    shares = pool_shares(engines_of(server, programs))
    tables = [_server_table(server)]
    notes: list[str] = []
    if shares:
        tables.append(connection_table(shares))
        notes += connection_notes(shares)
    if name_several_servers(server, programs):
        notes.append(
            f"the engines name several hosts, none of which is {server.host}: all are counted as this server's"
        )
    if server.pgbouncer is not None and not server.pgbouncer.settings:
        notes.append(
            "a pooler in front of the server does not let this user ask it (stats_users in pgbouncer.ini); "
            "what could be tried out was"
        )
    return tuple(tables), tuple(notes)


def _server_table(server: ServerFacts) -> Table:
    usable = server.usable_connections
    rows = [
        ("address", server.address),
        ("PostgreSQL", ".".join(map(str, server.version)) or "unknown"),
        ("TLS", "yes" if server.is_encrypted else "no, local" if server.is_local else "no"),
        ("usable connections", "unknown" if usable is None else str(usable)),
        ("open connections", str(server.connections)),
    ]
    for name in ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"):
        milliseconds = server.number(name)
        if milliseconds is not None:
            rows.append((name, f"{milliseconds / 1000:g} s" if milliseconds else "off"))
    bouncer = server.pgbouncer
    if bouncer is not None:
        version = ".".join(map(str, bouncer.version)) or "unknown version"
        rows.append(("PgBouncer", f"{version}, pool_mode {bouncer.pool_mode or 'unknown'}"))
        for name in ("max_client_conn", "client_idle_timeout"):
            if name in bouncer.settings:
                rows.append((name, bouncer.settings[name]))
    return Table("Server", ("setting", "value"), tuple(rows))
