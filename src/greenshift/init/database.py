"""Where the application's database URL comes from, and which driver it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from greenshift.check.facts import Engine, Option, Program, Scope, SessionFactory, Text
from greenshift.check.static import read_program
from greenshift.init.environment_probe import ProbeEnvironment
from greenshift.init.source_tree import SourceTree

_NAMED: Final = re.compile(r"the variable (\w+) says it")
_SCOPES: Final = (Scope.MODULE, Scope.CACHED, Scope.FUNCTION, Scope.REQUEST, Scope.TASK, Scope.SCRIPT)
_WANTS_HOST: Final = re.compile(r"PostgresDsn|MultiHostUrl")


@dataclass
class Database:
    """What is known of the application's database.

    Attributes:
        engines: the application's own engines, the likeliest first.
        factories: its session factories.
        variables: each variable with its driver, a template, or None for the configured driver.
        places: where each variable comes into an engine: ``file:line``.
        driver: what ``driver`` is to be.
        listen: ``tcp`` where the application needs a host and a port; else None.
        hard_coded: the engines whose URL no variable carries.
        is_sqlite: whether nothing speaks of PostgreSQL, and SQLite is what it runs on.
    """

    engines: list[Engine] = field(default_factory=list)
    factories: list[SessionFactory] = field(default_factory=list)
    variables: dict[str, str | None] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    driver: str = "asyncpg"
    listen: str | None = None
    hard_coded: list[Engine] = field(default_factory=list)
    is_sqlite: bool = False


def find_database(tree: SourceTree) -> Database:
    """Return what source says of the application's database.

    Args:
        tree: the project's files.
    """
    plain, _ = read_program(tree.texts)
    named = {
        option.variable for engine in plain.engines for option in engine.url.options if option.variable is not None
    }
    named |= {name for engine in plain.engines for name in _NAMED.findall(engine.url.unknown)}
    probe = ProbeEnvironment(frozenset(named))
    probed, _ = read_program(tree.texts, environment=probe)
    probes = [(probe, probed)]
    if any(_is_assembled(option) for engine in plain.engines for option in engine.url.options):
        # The URL's default is put together of parts, which count where the whole one is not set, or not heeded.
        parts = ProbeEnvironment(frozenset(named), parts_only=True)
        probes.append((parts, read_program(tree.texts, environment=parts)[0]))
    found = Database(
        engines=sorted((one for one in plain.engines if _is_own(one, tree)), key=_rank),
        factories=[one for one in plain.session_factories if not one.is_session and one.scope is not Scope.TEST],
    )
    kinds: dict[str, set[str]] = {}
    for engine in found.engines:
        forms: dict[str, str | None] = {}
        for environment, program in probes:
            same = [one for one in program.engines if one.place == engine.place]
            urls = [url for one in same for url in _urls(one)]
            for url in [one for one in urls if not one.startswith("sqlite")] or urls:
                forms |= {name: form for name, form in environment.forms(url).items() if name not in forms}
        for name, form in forms.items():
            found.variables.setdefault(name, form)
            found.places.setdefault(name, str(engine.place).rpartition(":")[0] or engine.place.file)
            kinds.setdefault(name, set()).add(engine.kind)
        if not forms:
            found.hard_coded.append(engine)
    texts = [file.text for file in tree.sources]
    found.is_sqlite = any(one.dialect == "sqlite" for one in found.engines) and not _speaks_of_postgresql(tree)
    _settle_drivers(found, kinds, plain)
    in_parts = any(form is not None and "{" in form for form in found.variables.values())
    if in_parts or any(_WANTS_HOST.search(text) for text in texts):
        found.listen = "tcp"
    return found


def _settle_drivers(found: Database, kinds: Mapping[str, set[str]], program: Program) -> None:
    """Choose the driver, and note the variables that need another one."""
    own = "async" if any(one.is_async for one in found.engines) else "sync"
    if not found.engines and any(one.kind == "async" for one in found.factories):
        own = "async"
    if found.is_sqlite:
        found.driver = "sqlite"
    else:
        drivers = {one.driver for one in found.engines if one.kind == own and one.dialect == "postgresql"}
        found.driver = "psycopg" if own == "sync" or drivers == {"psycopg"} else "asyncpg"
    for name, used in kinds.items():
        if found.variables[name] is None and used == {"sync"}:
            old = program.requirements
            only_old = (old.has("psycopg2") or old.has("psycopg2-binary")) and not old.has("psycopg")
            if found.is_sqlite:
                found.variables[name] = "pysqlite"
            elif only_old:
                found.variables[name] = "psycopg2"
            elif found.driver != "psycopg":
                found.variables[name] = "psycopg"


def _is_own(engine: Engine, tree: SourceTree) -> bool:
    return engine.scope is not Scope.TEST and engine.place.file in {one.path for one in tree.sources}


def _rank(engine: Engine) -> tuple[int, int, str]:
    scope = _SCOPES.index(engine.scope) if engine.scope in _SCOPES else len(_SCOPES)
    return scope, engine.place.file.count("/"), engine.place.file


def _is_assembled(option: Option) -> bool:
    return option.variable is not None and isinstance(option.value, Text) and None in option.value.pieces


def _urls(engine: Engine) -> Sequence[str]:
    found = []
    for option in engine.url.options:
        if isinstance(option.value, str):
            found.append(option.value)
        elif isinstance(option.value, Text):
            found.append("".join("\0" if piece is None else piece for piece in option.value.pieces))
    return found


def _speaks_of_postgresql(tree: SourceTree) -> bool:
    from greenshift.shift.facts import mentions_postgresql

    return any(mentions_postgresql(text) or "asyncpg" in text for text in tree.texts.values())
