"""The settings that are compared: how each is read from an engine, a session factory or a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from greenshift.check.drift.parameters import driver_argument, milliseconds, session_setting
from greenshift.check.facts import Engine, Program, SessionFactory, Symbol, Value
from greenshift.report.findings import Place


@dataclass(frozen=True, slots=True)
class Side:
    """What stands in one column: an engine or a session factory of one service in one environment.

    Attributes:
        program: the service.
        subject: its engine or session factory.
    """

    program: Program
    subject: Engine | SessionFactory

    @property
    def label(self) -> str:
        """The service's name, and the environment's."""
        environment = f" ({self.program.environment})" if self.program.environment else ""
        return f"{self.program.name}{environment}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a setting is on one side.

    Attributes:
        text: for people.
        key: what is compared.
        place: where it is written, or what it belongs to.
        unknown: why it is not known; empty if it is.
        applies: whether it has any effect there.
    """

    text: str
    key: Any
    place: Place
    unknown: str = ""
    applies: bool = True


Read = Callable[[Side], Seen]


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table.

    Attributes:
        name: as ``differs`` names it.
        rule: the rule that speaks of an accidental difference; empty if the setting is only shown.
        read: how it is read.
    """

    name: str
    rule: str
    read: Read


def _seen(side: Side, value: Value, default: bool, key: Callable[[Any], Any] = lambda item: item) -> Seen:
    place = value.place or side.subject.place
    if value.unknown or len(value.options) != 1:
        return Seen("unknown", None, place, value.unknown or "it can be several things")
    option = value.options[0]
    # The variables of an environment are given whole: one that is not among them has its default.
    if option.variable is not None and not side.program.environment:
        return Seen(str(value), None, place, f"{option.variable} may replace its default")
    shown = "not set" if option.value is None else str(value)
    return Seen(f"{shown} (default)" if default and option.value is not None else shown, key(option.value), place)


def _not_there(side: Side) -> Seen:
    return Seen("-", None, side.subject.place, applies=False)


def _of_pool(name: str) -> Read:
    def read(side: Side) -> Seen:
        engine = _engine(side)
        pool = engine.pool_class.known
        if isinstance(pool, Symbol) and pool.last == "NullPool":
            return _not_there(side)
        if name in ("pool_size", "max_overflow", "pool_timeout") and engine.is_queue is False:
            return _not_there(side)
        return _seen(side, engine.setting(name), engine.argument(name) is None)

    return read


def _pool_class(side: Side) -> Seen:
    engine = _engine(side)
    is_default = engine.argument("poolclass") is None
    # The asyncio variants are the same pool.
    return _seen(side, engine.pool_class, is_default, lambda pool: str(pool).rpartition("AsyncAdapted")[2])


def _reset_on_return(side: Side) -> Seen:
    engine = _engine(side)
    given = engine.argument("pool_reset_on_return")
    return _seen(
        side,
        Value.of("rollback") if given is None else given,
        given is None,
        lambda value: "rollback" if value is True else value or None,
    )


def _isolation_level(side: Side) -> Seen:
    engine = _engine(side)
    options = engine.argument("execution_options")
    given = engine.argument("isolation_level")
    if options is not None:
        known = options.known
        given = (
            known.get("isolation_level", given) if isinstance(known, dict) else Value(unknown=options.unknown or "it")
        )
    # Spelt with underscores in older code.
    spelt: Callable[[Any], Any] = lambda level: str(level).upper().replace("_", " ") if level else None  # noqa: E731
    return _seen(side, Value.of(None) if given is None else given, False, spelt)


def _dialect(side: Side) -> Seen:
    return _part_of_url(side, lambda engine: engine.dialect or "")


def _driver(side: Side) -> Seen:
    # A URL without a driver means another one in SQLAlchemy 2.1 than in 2.0.
    return _part_of_url(side, lambda engine: (engine.driver or "").removesuffix("_async"))


def _part_of_url(side: Side, part: Callable[[Engine], str]) -> Seen:
    engine = _engine(side)
    found = part(engine)
    place = engine.url.place or engine.place
    if not found:
        reason = engine.url.unknown or ("the URL names no driver" if engine.scheme else "the URL is not known")
        return Seen("unknown" if not engine.scheme else "default", None, place, reason)
    variables = [option.variable for option in engine.url.options if option.variable]
    if variables and not side.program.environment:
        return Seen(f"{found} (default of {variables[0]})", None, place, f"{variables[0]} may replace its default")
    return Seen(found, found, place)


def _argument(name: str, default: Any) -> Read:
    def read(side: Side) -> Seen:
        given = side.subject.argument(name)
        return _seen(side, Value.of(default) if given is None else given, given is None)

    return read


def _connect_timeout(side: Side) -> Seen:
    engine = _engine(side)
    name = "timeout" if engine.driver == "asyncpg" else "connect_timeout"
    seconds: Callable[[Any], Any] = lambda value: None if value is None else float(value)  # noqa: E731
    return _seen(side, driver_argument(engine, name), False, seconds)


def _command_timeout(side: Side) -> Seen:
    engine = _engine(side)
    return (
        _seen(side, driver_argument(engine, "command_timeout"), False)
        if engine.driver == "asyncpg"
        else _not_there(side)
    )


def _session_setting(name: str) -> Read:
    def read(side: Side) -> Seen:
        return _seen(side, session_setting(_engine(side), side.program, name), False, milliseconds)

    return read


def _sqlalchemy(side: Side) -> Seen:
    found = side.program.requirements.of("sqlalchemy")
    if not found:
        return Seen("unknown", None, side.subject.place, "no requirement names it")
    text = ", ".join(sorted({str(requirement) for requirement, _ in found}))
    return Seen(text, text, found[0][1])


def _engine(side: Side) -> Engine:
    assert isinstance(side.subject, Engine)
    return side.subject


ENGINE_SETTINGS: Final = (
    Setting("dialect", "GS704", _dialect),
    Setting("driver", "GS704", _driver),
    Setting("poolclass", "GS701", _pool_class),
    *(
        Setting(name, "GS701", _of_pool(name))
        for name in ("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping")
    ),
    Setting("pool_reset_on_return", "GS701", _reset_on_return),
    Setting("isolation_level", "GS703", _isolation_level),
    Setting("connect_timeout", "GS705", _connect_timeout),
    Setting("command_timeout", "GS705", _command_timeout),
    *(
        Setting(name, "GS705", _session_setting(name))
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
    ),
    Setting("application_name", "", _session_setting("application_name")),
    Setting("echo", "", _argument("echo", False)),
    Setting("sqlalchemy", "", _sqlalchemy),
)
SESSION_SETTINGS: Final = (
    Setting("autoflush", "GS702", _argument("autoflush", True)),
    Setting("expire_on_commit", "GS702", _argument("expire_on_commit", True)),
)
NAMES: Final = tuple(setting.name for setting in (*ENGINE_SETTINGS, *SESSION_SETTINGS))
