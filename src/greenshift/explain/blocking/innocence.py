"""Which blocking calls are nobody's fault: imports, logging, libraries that were made for the event loop."""

from __future__ import annotations

import os
import re
import sysconfig
from functools import lru_cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from pathlib import Path, PurePath
from types import CodeType
from typing import Any, Final

_GREENSHIFT: Final = str(Path(__file__).parents[2]) + os.sep
_STDLIB: Final = tuple({str(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")})
_INSTALLED: Final = re.compile(r"/(?:site|dist)-packages/(?P<package>\w+)")

# Parts of the standard library which may read a file in the loop: once a process, for a message, or for the loop.
_STDLIB_PARTS: Final = frozenset(
    [
        "asyncio",
        "bdb",
        "gettext",
        "importlib",
        "inspect",
        "linecache",
        "locale",
        "logging",
        "mimetypes",
        "pdb",
        "tokenize",
        "traceback",
        "warnings",
        "zoneinfo",
    ]
)
# SQLAlchemy and the drivers are watched where they send statements; Jinja2 keeps what it loaded.
_PACKAGES: Final = frozenset(
    [
        "_pytest",
        "aiosqlite",
        "anyio",
        "asyncpg",
        "coverage",
        "jinja2",
        "loguru",
        "pluggy",
        "psycopg",
        "psycopg_pool",
        "pytest",
        "pytest_asyncio",
        "sqlalchemy",
        "structlog",
        "uvloop",
    ]
)
# Nothing of these waits for a disk or a peer long enough to be felt: they look at a path's name or its entry.
UNWATCHED: Final = frozenset(
    [
        "os.access",
        "os.getcwd",
        "os.path.abspath",
        "os.path.islink",
        "os.path.ismount",
        "os.path.sameopenfile",
        "os.path.samestat",
        "os.readlink",
        "os.stat",
    ]
)


@lru_cache(maxsize=4096)
def is_excused(filename: str) -> bool:
    """Return whether a library may block on its way from the user's line to the call.

    Args:
        filename: the file of a frame between the two.
    """
    if filename.startswith((_GREENSHIFT, "<frozen importlib")):
        return True
    installed = _INSTALLED.search(filename.replace(os.sep, "/"))
    if installed is not None:
        return installed["package"] in _PACKAGES
    for folder in _STDLIB:
        if filename.startswith(folder):
            first = PurePath(filename[len(folder) :]).parts[0]
            return first.removesuffix(".py") in _STDLIB_PARTS
    return False


@lru_cache(maxsize=4096)
def is_stdlib(filename: str) -> bool:
    """Return whether a file is the standard library's."""
    if filename.startswith("<frozen "):
        return True
    return filename.startswith(_STDLIB) and _INSTALLED.search(filename.replace(os.sep, "/")) is None


def is_asynchronous(code: CodeType) -> bool:
    """Return whether a function is ``async``: a library's that blocks is the library's affair."""
    return bool(code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR))


def is_import(filename: str) -> bool:
    """Return whether a frame imports a module, which happens once."""
    return filename.startswith("<frozen importlib")


def is_start_up(code: CodeType) -> bool:
    """Return whether a function runs an application's lifespan, during which nobody is served."""
    return code.co_name == "lifespan" and code.co_filename.replace(os.sep, "/").endswith("starlette/routing.py")


def waits_not_at_all(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether the arguments say that the call returns at once.

    Args:
        name: the function, as blockbuster names it.
        args: its arguments.
        kwargs: its keyword arguments.
    """
    if name != "time.sleep":
        return False
    seconds = args[0] if args else kwargs.get("seconds", 1)
    return isinstance(seconds, int | float) and seconds <= 0
