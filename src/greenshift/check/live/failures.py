"""Why an import failed, in one line, and what to do; the refusal of a pool class, as the engine that was meant."""

from __future__ import annotations

import os
import re
from itertools import islice
from types import TracebackType
from typing import Any, Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from greenshift.check.facts import Engine, Scope, Symbol, Value
from greenshift.check.live.connecting import ConnectAttempt
from greenshift.check.live.finding_targets import call
from greenshift.check.live.frames import is_users, relative, user_place, walk
from greenshift.check.live.target import Target
from greenshift.check.live.values import url_value, value_of
from greenshift.report.findings import Place

# A class of the application's own has another name: its refusal is a failure like others.
_REFUSED_POOL: Final = re.compile(r"^Pool class (QueuePool|SingletonThreadPool) cannot be used with asyncio engine")
# What SQLAlchemy adds to its messages.
_BACKGROUND: Final = re.compile(r"\s*\(Background on this error at: \S+\)")
# Other modules' packages have other names, too: a guess may name a package of a stranger.
_DRIVER_PACKAGES: Final = {
    "asyncpg": "asyncpg",
    "aiosqlite": "aiosqlite",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
}


def refused_pool(error: BaseException, target: Target, root: str) -> Engine | None:
    """Return the engine that SQLAlchemy refused to make because of its pool class, as far as it can be seen.

    It is `Pool class QueuePool cannot be used with asyncio engine`, which rule GS101 explains.
    https://docs.sqlalchemy.org/en/20/errors.html#error-pcls

    Args:
        error: what the import raised.
        target: what was being imported.
        root: the folder that paths are relative to.
    """
    refused = _REFUSED_POOL.match(str(error)) if isinstance(error, ArgumentError) else None
    if refused is None:
        return None
    arguments: dict[str, Value] = {}
    url = Value(unknown="the call failed")
    place = Place(str(target))
    for step in walk(error.__traceback__):
        if is_users(step.tb_frame.f_code.co_filename):
            place = _call_place(step, root)
        elif step.tb_frame.f_code.co_name == "create_async_engine":
            url, arguments = _given(step.tb_frame.f_locals)
    # The class may come from elsewhere (`pool=`).
    arguments["poolclass"] = Value.of(Symbol(f"sqlalchemy.pool.{refused[1]}"))
    return Engine(
        "async", target.attribute or "engine", "create_async_engine", place, Scope.MODULE, url, arguments,
        "the call failed", is_live=True,
    )  # fmt: skip


def _given(names: dict[str, Any]) -> tuple[Value, dict[str, Value]]:
    """Return the URL and the arguments of the call that failed, by the names of the function's parameters."""
    url, given = names.get("url"), names.get("kw")
    arguments = {name: value_of(item, name) for name, item in given.items() if name[0] != "_"} if given else {}
    return (url_value(make_url(url)) if url else Value(unknown="the call failed")), arguments


def _call_place(step: TracebackType, root: str) -> Place:
    """Return the call that a frame had got to."""
    code = step.tb_frame.f_code
    file = relative(code.co_filename, root)
    start, end, column, end_column = next(islice(code.co_positions(), step.tb_lasti // 2, None))
    line = start or step.tb_lineno
    return Place(file, line, (column or 0) + 1, end or line, (end_column or 0) + 1)


def describe(error: BaseException, target: Target, root: str) -> tuple[str, str]:
    """Return what happened, and what to do.

    Args:
        error: what the import raised.
        target: what was being imported.
        root: the folder that paths are relative to.
    """
    place = user_place(error, root)
    where = f" ({place})" if place else ""
    calling = any(step.tb_frame.f_code is call.__code__ for step in walk(error.__traceback__))
    doing = f"calling {target}()" if calling else f"importing {target.module}"
    importing = f"{doing} failed"
    if isinstance(error, ConnectAttempt):
        return (
            f"{doing} connects to a database again and again ({error.place})",
            "connect where the application starts (its lifespan), not where a module is imported",
        )
    if isinstance(error, SystemExit):
        return (
            f"{doing} ended the program: sys.exit({error.code!r}){where}",
            'guard what runs a program with if __name__ == "__main__", or set what it asks for',
        )
    if isinstance(error, KeyboardInterrupt):
        return f"{doing} was interrupted{where}", "run the check again"
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(error, target, root, doing, where)
    if isinstance(error, KeyError) and _raised_in(error, os.__file__):
        return f"{importing}: the environment variable {error.args[0]} is not set{where}", (
            f"set it, or give a file that does: --env NAME=FILE with {error.args[0]}=..."
        )
    if isinstance(error, SyntaxError):
        file = relative(error.filename or "", root)
        return f"{importing}: {error.msg} ({file}:{error.lineno})", "correct the file"
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        return f"{importing}: the settings refuse {_refused_settings(error)}{where}", (
            "set these variables, or give a file that does: --env NAME=FILE"
        )
    if isinstance(error, NoSuchModuleError):
        return f"{importing}: {_first_line(error)}{where}", (
            "name a dialect and driver that are installed, such as postgresql+asyncpg://"
        )
    if isinstance(error, SQLAlchemyError) and "greenshift check opens no connection" in str(error):
        return (
            f"{doing} connects to a database{where}",
            "connect where the application starts (its lifespan), not where a module is imported",
        )
    if isinstance(error, ArgumentError | TypeError):
        return f"{importing}: {type(error).__name__}: {_first_line(error)}{where}", "correct the arguments of that call"
    return f"{importing}: {type(error).__name__}: {_first_line(error)}{where}", "run the import by itself and mend it"


def _missing_module(error: ModuleNotFoundError, target: Target, root: str, doing: str, where: str) -> tuple[str, str]:
    name = error.name or ""
    own = target.module.split(".")
    if name in {".".join(own[:count]) for count in range(1, len(own) + 1)} and not where:
        return f"there is no module {name!r} below {root}", "name it as the application imports it, from its own folder"
    package = _DRIVER_PACKAGES.get(name)
    return f"{doing} failed: No module named {name!r}{where}", (
        "install what the application needs in the environment that runs greenshift"
        + (f" (pip install {package!r})" if package else "")
    )


def _refused_settings(error: Any) -> str:
    """Return each field that Pydantic refused with why; never the value, which may be a secret."""
    refused = [f"{'.'.join(map(str, item['loc'])) or 'the whole'} ({item['msg']})" for item in error.errors()]
    return "; ".join(refused[:4]) + (f" and {len(refused) - 4} more" if len(refused) > 4 else "")


def _raised_in(error: BaseException, file: str) -> bool:
    steps = list(walk(error.__traceback__))
    # os is frozen into Python, so the file's name may be a marker.
    return bool(steps) and steps[-1].tb_frame.f_code.co_filename in (file, "<frozen os>")


def _first_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # a class of the application's may do anything
        return "no message"
    lines = _BACKGROUND.sub("", text).strip().splitlines()
    return lines[0] if lines else "no message"
