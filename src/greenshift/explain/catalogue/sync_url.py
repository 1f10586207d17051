"""An async engine made from the URL of a driver that is not async, or of one that is not installed."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.editing.url_scheme import change_scheme
from greenshift.explain.explanation import Edit, Explanation
from greenshift.explain.failure import Failure, Frame
from greenshift.explain.libraries import is_of, passes_through

_MESSAGE: Final = re.compile(r"The loaded '(?P<driver>[\w.]+)' is not async")
_MISSING: Final = re.compile(r"No module named '(?P<driver>psycopg2|pg8000|MySQLdb|pymysql|cx_Oracle)'")
_FACTORIES: Final = re.compile(r"\b(create_async_engine|async_engine_from_config)\s*\(")

# By the driver that is loaded: how the URL begins, and how it should.
_URLS: Final = {
    "psycopg2": ("postgresql", "postgresql+asyncpg", "postgresql+psycopg"),
    "pg8000": ("postgresql+pg8000", "postgresql+asyncpg", "postgresql+psycopg"),
    "pysqlite": ("sqlite", "sqlite+aiosqlite"),
    "MySQLdb": ("mysql", "mysql+asyncmy", "mysql+aiomysql"),
    "mysqldb": ("mysql", "mysql+asyncmy", "mysql+aiomysql"),
    "pymysql": ("mysql+pymysql", "mysql+asyncmy", "mysql+aiomysql"),
    "cx_oracle": ("oracle", "oracle+oracledb_async"),
    "cx_Oracle": ("oracle", "oracle+oracledb_async"),
}


class SyncURL(Entry):
    """SQLAlchemy's refusal of a sync driver, or the failed import of one."""

    kind = "sync URL in an async engine"
    title = "create_async_engine was given the URL of a driver that is not async"
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.create_async_engine"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if an async engine was to be made of a sync driver."""
        raised = failure.find("InvalidRequestError", containing="The asyncio extension requires an async driver")
        if raised is not None:
            found = _MESSAGE.search(raised.message)
            frame = raised.user_frame or failure.user_frame
        else:
            raised = failure.find("ModuleNotFoundError", containing="No module named")
            found = None if raised is None else _MISSING.search(raised.message)
            if raised is None or found is None or not passes_through(failure, "sqlalchemy"):
                return None
            if not any(is_of(one, "sqlalchemy/ext/asyncio") or _FACTORIES.search(one.code) for one in raised.frames):
                return None
            frame = raised.user_frame
        driver = found["driver"] if found else "?"
        missing = raised.type_name == "ModuleNotFoundError"
        now, *better = _URLS.get(driver, ("", "postgresql+asyncpg", "postgresql+psycopg"))
        because = f"The engine's URL chooses the driver {driver}"
        if driver == "psycopg2":
            because += (
                ": that is what `postgresql://` means to SQLAlchemy 2.0 (to 2.1 it means psycopg 3, which can do both)"
            )
        because += f". {driver} has no asyncio interface"
        because += ", and it is not installed either." if missing else "."
        installed = [one for one in better if failure.live and find_spec(one.partition("+")[2]) is not None]
        edits = _edits(frame, (now, f"{now}+{driver}"), installed[0]) if frame and len(installed) == 1 else ()
        return Explanation(
            self.kind,
            f"create_async_engine was given a URL of the sync driver {driver}",
            because,
            () if frame is None else (frame.place("made here"),),
            _fix(now, better, frame),
            edits,
        )


def _edits(frame: Frame, schemes: tuple[str, ...], better: str) -> tuple[Edit, ...]:
    found = (change_scheme(frame.file, frame.line, "create_async_engine", one, better) for one in schemes)
    return next((one for one in found if one), ())


def _fix(now: str, better: list[str], frame: Frame | None) -> str:
    schemes = " or ".join(f"`{one}://`" for one in better)
    text = f"begin the URL with {schemes}" + (f" instead of `{now}://`" if now else "") + "."
    drivers = " or ".join(one.partition("+")[2] for one in better)
    drivers = drivers.replace("psycopg", "psycopg[binary]")
    text += (
        f"\nThe driver must be installed: pip install {drivers.replace(' or ', ' (or ') + ')' * (' or ' in drivers)}."
    )
    if frame is None or ('"' not in frame.code and "'" not in frame.code):
        text += (
            "\nWhere the URL comes from the environment: "
            f'sqlalchemy.make_url(url).set(drivername="{better[0]}")'
            " keeps the variable as it is."
        )
    return text
