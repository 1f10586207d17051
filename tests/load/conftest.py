"""A server with a filled database, and applications that are served on copies of it."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from load.serving.loadshop import SYNC, shop

from greenshift.config import Config
from greenshift.load.serving.application import ServedApplication
from greenshift.load.serving.databases import Databases
from greenshift.load.serving.filling import fill
from greenshift.load.serving.version import opened_version


@pytest.fixture(scope="session")
def shop_databases(tmp_path_factory):
    folder = shop(tmp_path_factory.mktemp("rows") / "shop")
    with Databases(Config(root=folder)) as databases, opened_version("before", str(folder), app="shop:app") as version:
        databases.fill(
            lambda name: fill(
                databases.server,
                name,
                folder=folder,
                config=version.config,
                interpreter=version.interpreter,
                variables={},
                prepare=["rows.sql"],
            )
        )
        yield databases


@pytest.fixture
def serve(shop_databases, tmp_path):
    """Serve an application's source on a fresh copy; all of them end with the test."""
    served: list[ServedApplication] = []
    numbers = itertools.count(1)

    def start(source: str = SYNC, *, workers: int = 1, app: str = "shop:app", **more: object) -> ServedApplication:
        number = next(numbers)
        folder = shop(tmp_path / f"shop{number}", source)
        database = shop_databases.fresh(f"{tmp_path.name[-20:]} {number}")
        with opened_version("before", str(folder), app=app, python=Path(sys.executable)) as version:
            environment = version.environment(shop_databases.server.address, database, **more)
            served.append(version.serve(environment, database, workers))
        return served[-1]

    yield start
    for one in served:
        one.close()
