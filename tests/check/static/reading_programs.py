"""Programs read from source given in a test."""

from __future__ import annotations

import textwrap

from greenshift.check.facts import Engine, Program, SessionFactory, Text, Value
from greenshift.check.static import read_program

IMPORTS = """\
import os
import sqlalchemy as sa
from functools import partial
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool, QueuePool, StaticPool
"""


def program_of(files: dict[str, str], environment: dict[str, str] | None = None) -> Program:
    """Read files, of which each must parse."""
    program, findings = read_program(
        {path: textwrap.dedent(text) for path, text in files.items()}, environment=environment
    )
    assert not findings
    return program


def only_engine(source: str, environment: dict[str, str] | None = None, **others: str) -> Engine:
    """Read one file behind the usual imports; return the one engine that it makes."""
    (engine,) = program_of({"app/db.py": IMPORTS + textwrap.dedent(source)}, environment).engines
    return engine


def only_factory(source: str) -> SessionFactory:
    """Read one file behind the usual imports; return the one factory or session that it makes."""
    (factory,) = program_of({"app/db.py": IMPORTS + textwrap.dedent(source)}).session_factories
    return factory


def shown(value: Value | None) -> object:
    """A value in short: its options (with ``?`` for pieces that are not known, ``$NAME`` for defaults), and ``...``."""
    if value is None:
        return None
    options = [_option(option.value) + (f" ${option.variable}" if option.variable else "") for option in value.options]
    return " | ".join([*options, *(["..."] if value.unknown else [])])


def _option(item: object) -> str:
    if isinstance(item, Text):
        return "".join("?" if piece is None else piece for piece in item.pieces)
    if isinstance(item, dict):
        return "{" + ", ".join(f"{name}: {shown(entry)}" for name, entry in item.items()) + "}"
    if isinstance(item, tuple):
        return "(" + ", ".join(str(shown(part)) for part in item) + ")"
    return str(item)
