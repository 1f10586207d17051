"""GS501: services that can open more connections than the server allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.rules.server.sample_server import ASYNCPG, BOUNCER, asked, server
from greenshift.check.server.connections import PoolShare, pool_shares
from greenshift.check.server.engines import engines_of, name_several_servers, postgresql_engines
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding, Severity

_PROJECT = """\
[tool.greenshift.check]
workers = 4
instances = 5
"""
_WITH_OVERFLOW = """\
[tool.greenshift.check]
workers = 4
instances = 3
"""
_DECLARED = """\
[tool.greenshift.check]
workers = 4
instances = 2
max_connections = 30
"""
# What PostgreSQL keeps for superusers unless it is told otherwise.
# https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-SUPERUSER-RESERVED-CONNECTIONS
_RESERVED = 3


class ConnectionSum(Rule):
    """The sum over services, instances, workers and pools, against ``max_connections``."""

    id = "GS501"
    title = "services that can open more connections than the server allows"
    severity = Severity.ERROR
    why = (
        "Each process has a pool of its own, and each pool opens up to pool_size + max_overflow connections. Where the "
        "sum over services, instances and workers is above what the server allows (max_connections less the reserved "
        "ones), it answers `sorry, too many clients already`: under load, at a deployment that runs old and new "
        "instances beside each other, or, if the sizes alone are too many, in quiet times."
    )
    source = "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS"
    fix = (
        "make pool_size and max_overflow smaller so that the sum fits, run fewer workers, or put a PgBouncer in "
        "transaction mode in front of the server"
    )
    bad = (
        asked(ASYNCPG, server(), project=_PROJECT, finds="keep 100 connections open, of 97"),
        asked(ASYNCPG, server(), project=_WITH_OVERFLOW, finds="can open 180 connections, of 97"),
        Sample({"app/database.py": ASYNCPG, "pyproject.toml": _DECLARED}, finds="keep 40 connections open, of 27"),
    )
    good = (
        asked(ASYNCPG, server(max_connections=200), project=_WITH_OVERFLOW),
        # How many workers there are is not known.
        asked(ASYNCPG, server()),
        # A PgBouncer stands between: its own limits count.
        asked(ASYNCPG, server(bouncer=BOUNCER), project=_PROJECT),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

engine = create_async_engine("postgresql+asyncpg://shop@db.internal/shop", poolclass=NullPool)
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Compare one program with the ``max_connections`` that its configuration declares."""
        if not program.name:
            yield from self._declared([program])

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare all services with the ``max_connections`` that the configuration declares, if it declares one."""
        for environment in dict.fromkeys(program.environment for program in programs):
            yield from self._declared([program for program in programs if program.environment == environment])

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare all programs with what the server allows."""
        usable = server.usable_connections
        if usable is None or server.pgbouncer is not None or name_several_servers(server, programs):
            return
        for environment in dict.fromkeys(program.environment for program in programs):
            asked_for = [program for program in programs if program.environment == environment]
            yield from self._compared(
                pool_shares(engines_of(server, asked_for)), usable, f"that {server.address} allows"
            )

    def _declared(self, programs: Sequence[Program]) -> Iterable[Finding]:
        declared = {
            program.deployment.max_connections.known
            for program in programs
            if program.deployment.max_connections is not None
        }
        if len(declared) != 1 or any(program.deployment.proxy for program in programs):
            return
        (allowed,) = declared
        if isinstance(allowed, int):
            engines = [(program, engine) for program in programs for engine in postgresql_engines(program)]
            yield from self._compared(
                pool_shares(engines), allowed - _RESERVED, f"(max_connections = {allowed} without the reserved)"
            )

    def _compared(self, shares: Sequence[PoolShare], usable: int, of_what: str) -> Iterable[Finding]:
        kept, opened = sum(share.kept for share in shares), sum(share.opened for share in shares)
        if opened <= usable:
            return
        largest = max(shares, key=lambda share: share.opened)
        can = f"keep {kept} connections open" if kept > usable else f"can open {opened} connections"
        services = ", ".join(dict.fromkeys(share.service for share in shares))
        yield self.found(
            f"the pools of {services} {can}, of {usable} {of_what}",
            largest.engine.place,
            subject="connections",
            severity=Severity.ERROR if kept > usable else Severity.WARNING,
            related=[(share.engine.place, _shown(share)) for share in shares],
        )


def _shown(share: PoolShare) -> str:
    return (
        f"{share.service}: {share.instances or 1} instances x {share.workers or 1} workers x "
        f"({share.size or 0} + {share.overflow or 0}) = {share.opened}"
    )
