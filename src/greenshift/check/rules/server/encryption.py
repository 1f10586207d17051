"""GS505: no TLS to a server that is not local."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule
from greenshift.check.rules.server.sample_server import ASYNCPG, asked, server
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Place, Severity


class Encryption(Rule):
    """A connection over a network that is not encrypted."""

    id = "GS505"
    title = "no TLS to a server that is not local"
    severity = Severity.WARNING
    why = (
        "The connection crosses a network unencrypted: whoever stands between reads every row, and with the password "
        "method `password` the password too. The drivers' default (sslmode=prefer) does without TLS where the server "
        "has none, and says nothing."
    )
    source = "https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION"
    fix = (
        "switch TLS on in the server (ssl = on) or in the PgBouncer (client_tls_sslmode), and ask for it: "
        "sslmode=verify-full in the URL (psycopg), ssl=verify-full (asyncpg)"
    )
    bad = (asked(ASYNCPG, replace(server(), is_encrypted=False), finds="not encrypted"),)
    good = (
        asked(ASYNCPG, server()),
        asked(ASYNCPG, replace(server(), is_encrypted=False, is_local=True)),
    )

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at the connection with which the server was asked."""
        if not server.is_local and not server.is_encrypted:
            yield self.found(
                f"the connection to {server.address} is not encrypted: whoever stands between reads along",
                Place(f"server {server.address}"),
                subject="server",
            )
