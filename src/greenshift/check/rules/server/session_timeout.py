"""What GS502 and GS503 have in common: a time-out of PostgreSQL that somebody should set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Engine, Program
from greenshift.check.server.engines import engines_of, says, user_of
from greenshift.check.server.facts import ServerFacts


def lacking(engine: Engine, program: Program, names: Sequence[str]) -> bool:
    """Return whether an engine surely asks for none of some time-outs when it connects.

    Args:
        engine: the engine.
        program: its program.
        names: the settings, and arguments of drivers, each of which would do.
    """
    return engine.dialect == "postgresql" and says(engine, program, *names) is False


def lacking_on(
    server: ServerFacts, programs: Sequence[Program], names: Sequence[str], bouncer_name: str
) -> Iterable[Engine]:
    """Yield the engines whose connections surely have none of some time-outs, wherever one may come from.

    Args:
        server: what the server said.
        programs: the programs that use it.
        names: the settings, and arguments of drivers, each of which would do.
        bouncer_name: PgBouncer's setting that does the same.
    """
    # A setting that is not known is one of a later version, or none of PostgreSQL's; the first is of every version.
    if server.number(names[0]) != 0 or any(server.number(name) for name in names[1:]):
        return
    bouncer = server.pgbouncer
    if bouncer is not None and (not bouncer.settings or bouncer.settings.get(bouncer_name, "0") != "0"):
        return
    for program, engine in engines_of(server, programs):
        user = user_of(engine)
        roles = [user] if user is not None else list(server.role_settings)
        if any(server.role_settings.get(role, {}).get(name, "0") != "0" for role in roles for name in names):
            continue
        if lacking(engine, program, names):
            yield engine
