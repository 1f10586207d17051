"""Which driver the async flavour uses: the one that is asked for, that of the configuration, one that is installed."""

from __future__ import annotations

import sys

import pytest
from contract.suite_project import MODELS, PYPROJECT, command, project

from greenshift.contract import ContractError
from greenshift.contract.drivers import chosen_driver

__all__ = ["project"]

# Every driver that the models' engines use is written down.
NOTED = """
from pathlib import Path
from sqlalchemy import Engine, event

@event.listens_for(Engine, "engine_connect")
def note(connection):
    with open(Path(__file__).with_name("drivers.txt"), "a") as file:
        dialect = connection.dialect
        print(dialect.driver, "async" if dialect.is_async else "sync", file=file)
"""
SUITE = """
from greenshift.contract import ModelContract
from models import Base

class TestModels(ModelContract):
    base = Base
    models = ["Post"]
    driver = {driver!r}
"""
# "psycopg_async" is SQLAlchemy's name for psycopg under asyncio.
USED = {"asyncpg": {"psycopg sync", "asyncpg async"}, "psycopg": {"psycopg sync", "psycopg async"}}
PLAIN = MODELS.replace("CheckConstraint(\"reverse(email) LIKE 'moc.%'\"), ", "")


def used(project: pytest.Pytester) -> set[str]:
    lines = (project.path / "drivers.txt").read_text(encoding="utf-8").splitlines()
    return {line.replace("psycopg_async", "psycopg") for line in lines}


def configure(project: pytest.Pytester, driver: str | None) -> None:
    project.makepyfile(models=PLAIN + NOTED)
    lines = 'metadata = "models:Base"\n' + (f'driver = "{driver}"' if driver else "")
    project.makefile(".toml", pyproject=PYPROJECT.format(metadata=lines))


@pytest.mark.parametrize(
    ("configured", "named", "arguments", "wanted"),
    [
        (None, None, [], "asyncpg"),
        ("psycopg", None, [], "psycopg"),
        ("psycopg", "asyncpg", [], "asyncpg"),
        (None, None, ["--db-driver=psycopg"], "psycopg"),
    ],
)
def test_in_a_suite(
    configured: str | None, named: str | None, arguments: list[str], wanted: str, project: pytest.Pytester
) -> None:
    configure(project, configured)
    project.makepyfile(test_models=SUITE.format(driver=named))
    project.runpytest_subprocess("-k", "read", *arguments, timeout=60).assert_outcomes(passed=1)
    assert used(project) == USED[wanted]


@pytest.mark.parametrize(
    ("configured", "arguments", "wanted"),
    [("psycopg", [], "psycopg"), ("psycopg", ["--driver", "asyncpg"], "asyncpg"), (None, [], "asyncpg")],
)
def test_in_the_command(configured: str | None, arguments: list[str], wanted: str, project: pytest.Pytester) -> None:
    configure(project, configured)
    ran = command(project, "models:Base", "--model", "Post", *arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert used(project) == USED[wanted]


def test_a_driver_that_there_is_not(project: pytest.Pytester) -> None:
    ran = command(project, "models:Base", "--driver", "pg8000")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines() == [
        "error: there is no driver 'pg8000' with async sessions",
        "fix: name asyncpg or psycopg",
    ]


def test_what_is_installed_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_driver(None) == chosen_driver(None, "asyncpg") == chosen_driver(None, "sqlite") == "asyncpg"
    assert chosen_driver(None, "psycopg") == chosen_driver("psycopg", "asyncpg") == "psycopg"
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert chosen_driver(None) == chosen_driver(None, "asyncpg") == "psycopg"
    with pytest.raises(ContractError, match="asyncpg is not installed"):
        chosen_driver("asyncpg")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ContractError, match="not installed"):
        chosen_driver(None)
