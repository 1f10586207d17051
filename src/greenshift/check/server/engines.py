"""The engines that use a server, and what they ask of it when they connect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from greenshift.check.facts import Engine, Program, Scope, Symbol, Text, Value
from greenshift.check.reference.addresses import host_and_port, is_fixed, texts
from greenshift.check.server.facts import ServerFacts

# Drivers that connect through libpq, whose parameters may stand in the URL.
LIBPQ_DRIVERS: Final = ("psycopg", "psycopg_async", "psycopg2")
_KNOWN_DRIVERS: Final = ("asyncpg", *LIBPQ_DRIVERS)
# A listener of these may say `SET statement_timeout`.
_ON_CONNECT: Final = ("connect", "first_connect", "checkout", "engine_connect", "begin", "do_connect")
_UNKNOWN: Final = "\0"


def postgresql_engines(program: Program) -> Iterator[Engine]:
    """Yield a program's engines that are surely for PostgreSQL and serve it while it runs.

    Args:
        program: the program.
    """
    for engine in program.engines:
        if engine.dialect == "postgresql" and engine.scope not in (Scope.TEST, Scope.SCRIPT):
            yield engine


def engines_of(server: ServerFacts, programs: Sequence[Program]) -> list[tuple[Program, Engine]]:
    """Return the engines that use a server, each with its program.

    A server may have several names; but where some engines name this one, those that name another use another.

    Args:
        server: the server that was asked.
        programs: the programs that use it.
    """
    found = [(program, engine) for program in programs for engine in postgresql_engines(program)]
    hosts = {id(engine): host_of(engine) for _, engine in found}
    if server.host and server.host in hosts.values():
        return [(program, engine) for program, engine in found if hosts[id(engine)] in (None, server.host)]
    return found


def name_several_servers(server: ServerFacts, programs: Sequence[Program]) -> bool:
    """Return whether the engines name several hosts of which none is the server's: which of them use it is not known.

    Args:
        server: the server that was asked.
        programs: the programs that use it.
    """
    hosts = {host_of(engine) for program in programs for engine in postgresql_engines(program)} - {None}
    return len(hosts) > 1 and server.host not in hosts


def host_of(engine: Engine) -> str | None:
    """Return the host that an engine's URL names; None if that is not known.

    Args:
        engine: the engine.
    """
    found = {_host(text) for text in texts(engine.url)}
    host = found.pop() if len(found) == 1 and is_fixed(engine.url) else None
    return host or None


def user_of(engine: Engine) -> str | None:
    """Return the role that an engine's URL names; None if that is not known.

    Args:
        engine: the engine.
    """
    found = set()
    for text in texts(engine.url) if is_fixed(engine.url) else []:
        marked = "".join(_UNKNOWN if piece is None else piece for piece in text.pieces)
        credentials, at, _ = marked.partition("://")[2].partition("/")[0].rpartition("@")
        found.add(credentials.partition(":")[0] if at else "")
    user = found.pop() if len(found) == 1 else ""
    return user if user and _UNKNOWN not in user else None


def says(engine: Engine, program: Program, *names: str) -> bool | None:
    """Return whether an engine, when it connects, gives the session one of some settings; None if that is not known.

    Args:
        engine: the engine.
        program: its program.
        names: the settings: PostgreSQL's (``statement_timeout``), or arguments of the driver (``command_timeout``).
    """
    if engine.driver not in _KNOWN_DRIVERS or any(name in engine.listeners for name in _ON_CONNECT):
        return None
    said = _asks(engine, names)
    # Wherever a program names it: in a listener, in a statement.
    if said is False and any(name in file.text for file in program.files for name in names):
        return True
    return said


def _asks(engine: Engine, names: tuple[str, ...]) -> bool | None:
    """Return whether the arguments or the URL of an engine name a setting; None if that is not known."""
    if engine.open_arguments or any(engine.argument(name) is not None for name in ("creator", "async_creator", "pool")):
        return None
    arguments = engine.connect_arguments
    if arguments is None:
        return None
    values: list[Value | None] = [arguments.get(name) for name in ("server_settings", "options")]
    if any(name in arguments for name in names) or any(_names(value, names) for value in values):
        return True
    if any(value is not None and not value.is_known for value in values):
        return None
    # asyncpg takes no settings from a URL.
    return False if engine.driver == "asyncpg" else _url_says(engine, names)


def is_plain(value: Value | None, *expected: object) -> bool:
    """Return whether a value is surely one of some constants.

    Args:
        value: the value; None for what is not given.
        expected: the constants.
    """
    return value is not None and value.surely(lambda given: any(given is item or given == item for item in expected))


def pool_is(engine: Engine, *names: str) -> bool:
    """Return whether an engine's pool is surely of one of some classes.

    Args:
        engine: the engine.
        names: the classes' names.
    """
    known = engine.pool_class.known
    return isinstance(known, Symbol) and known.last in names


def _url_says(engine: Engine, names: tuple[str, ...]) -> bool | None:
    known = texts(engine.url)
    if not known or not is_fixed(engine.url):
        return None
    if any(text.has(name) for text in known for name in names):
        return True
    return None if any(_is_open(text) for text in known) else False


def _is_open(text: Text) -> bool:
    """Return whether a URL may have parameters that are not known."""
    marked = "".join(_UNKNOWN if piece is None else piece for piece in text.pieces)
    return _UNKNOWN in marked.partition("://")[2].rpartition("@")[2]


def _names(value: Value | None, names: tuple[str, ...]) -> bool:
    """Return whether one of some names stands in a value: a key of a dict, or a part of a text."""
    if value is None:
        return False
    return any(
        name in item.value
        if isinstance(item.value, str | dict)
        else isinstance(item.value, Text) and item.value.has(name)
        for item in value.options
        for name in names
    )


def _host(text: Text) -> str:
    host, _ = host_and_port(text)
    given = text.query().get("host")
    found = host or given or ""
    return "" if _UNKNOWN in found else found
