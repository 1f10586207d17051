"""A real server, and an empty database on it for each test."""

from __future__ import annotations

import itertools
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from greenshift.definitions import SQLiteTarget
from greenshift.definitions.source import TemplateTarget
from greenshift.postgres import Server, ServerSettings, open_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def definition_server() -> Iterator[Server]:
    server = open_server(ServerSettings())
    yield server
    server.stop()


@pytest.fixture
def target(definition_server: Server) -> Iterator[TemplateTarget]:
    name = f"definition_{os.getpid()}_{next(_numbers)}"
    with definition_server.connect() as connection:
        connection.execute(f'CREATE DATABASE "{name}" STRATEGY file_copy')
    yield TemplateTarget(definition_server, name)
    with definition_server.connect() as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_target(tmp_path: Path) -> SQLiteTarget:
    return SQLiteTarget(tmp_path / "built.sqlite")


@pytest.fixture
def rows(target: TemplateTarget) -> Callable[[str], list[tuple[object, ...]]]:
    def query(sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(target.url(None)) as connection:
            return connection.execute(sql.encode()).fetchall()

    return query


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write a project's files, put its folder on sys.path and forget its modules afterwards."""
    folder = tmp_path / "project"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return folder

    yield write
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(folder) in str(sys.modules[name].__file__):
            del sys.modules[name]
