"""What an engine gives the driver and the session when it connects: time-outs, names."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote

from greenshift.check.facts import Engine, Program, Value
from greenshift.check.reference.addresses import is_fixed, texts
from greenshift.check.server.engines import LIBPQ_DRIVERS

_ON_CONNECT: Final = ("connect", "first_connect", "checkout", "engine_connect", "begin", "do_connect")
_OPTION: Final = re.compile(r"(?:-c\s*|--)([\w.]+)=((?:\\.|[^\s\\])+)")
_DURATION: Final = re.compile(r"^(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?$")
_MILLISECONDS: Final = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_UNKNOWN_URL: Final = Value(unknown="the URL may say it")


def session_setting(engine: Engine, program: Program, name: str) -> Value:
    """Return what a setting of PostgreSQL's is given when an engine connects; None as a value if it is not given.

    Args:
        engine: the engine.
        program: its program.
        name: such as ``statement_timeout``.
    """
    if any(event in engine.listeners for event in _ON_CONNECT):
        return Value(unknown="a listener may set it")
    found = _given(engine, name)
    if found.is_known and found.known is None and any(name in file.text for file in program.files):
        return Value(unknown=f"the program names {name} elsewhere")
    return found


def driver_argument(engine: Engine, name: str) -> Value:
    """Return what an argument of the driver's ``connect`` is given; None as a value if it is not given.

    Args:
        engine: the engine.
        name: the argument's name, such as ``connect_timeout``.
    """
    arguments = engine.connect_arguments
    if arguments is None or engine.open_arguments:
        return Value(unknown="connect_args is not known")
    if name in arguments:
        return arguments[name]
    in_url = _from_url(engine)
    return Value(unknown="the URL may say it") if in_url is None else Value.of(in_url.get(name))


def milliseconds(value: Any) -> Any:
    """Return a duration as PostgreSQL understands it in milliseconds; anything else as it is.

    Args:
        value: such as ``30s``, ``30000`` or 30000.
    """
    found = _DURATION.match(str(value).strip().strip("'")) if not isinstance(value, bool) else None
    return float(found[1]) * _MILLISECONDS[found[2] or "ms"] if found else value


def _given(engine: Engine, name: str) -> Value:
    arguments = engine.connect_arguments
    if arguments is None or engine.open_arguments:
        return Value(unknown="connect_args is not known")
    if engine.driver == "asyncpg":
        settings = arguments.get("server_settings")
        if settings is None:
            return Value.of(None)
        known = settings.known
        return known.get(name, Value.of(None)) if isinstance(known, dict) else Value(unknown="server_settings")
    if engine.driver not in LIBPQ_DRIVERS:
        # What the one driver calls so, the other would refuse.
        for value in (arguments.get("server_settings"), arguments.get("options")):
            known = value.known if value is not None else None
            if isinstance(known, dict) and isinstance(known.get(name), Value):
                return Value(known[name].options, known[name].unknown)
            if isinstance(known, str) and name in _options(known):
                return Value.of(_options(known)[name])
        return Value(unknown="the driver is not known")
    if name in arguments:
        return arguments[name]
    in_url = _from_url(engine)
    options = arguments.get("options")
    if options is None:
        if in_url is None:
            return _UNKNOWN_URL
        return Value.of(in_url.get(name, _options(in_url.get("options") or "").get(name)))
    return Value.of(_options(options.known).get(name)) if isinstance(options.known, str) else Value(unknown="options")


def _options(text: str) -> dict[str, str]:
    return dict(_OPTION.findall(text))


def _from_url(engine: Engine) -> dict[str, str | None] | None:
    """Return a URL's parameters; None if they are not all known."""
    known = texts(engine.url)
    if engine.driver == "asyncpg" and not known:
        return {}
    if len(known) != 1 or not is_fixed(engine.url):
        return None
    last = known[0].pieces[-1] if known[0].pieces else None
    if last is None or ("?" not in last and "/" not in last.rpartition("@")[2]):
        return None
    found = known[0].query()
    return None if None in found.values() else {name: unquote(value or "") for name, value in found.items()}
