"""The supported matrix: ``nox`` runs what this machine has, ``nox -s "tests-3.13(sqlalchemy='2.0')"`` one cell of it.

Interpreters come from the path; those of pyenv after ``pyenv global 3.11 3.12 3.13 3.14``.
"""

from __future__ import annotations

import nox

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SQLALCHEMY = {"2.0": "sqlalchemy[asyncio]>=2.0.30,<2.1", "2.1": "sqlalchemy[asyncio]>=2.1,<2.2"}

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "tests"]


@nox.session(python="3.11")
def lint(session: nox.Session) -> None:
    """Formatting and types."""
    session.install("--quiet", "--editable", ".[dev]")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")


@nox.session(python=PYTHONS)
@nox.parametrize("sqlalchemy", list(SQLALCHEMY))
def tests(session: nox.Session, sqlalchemy: str) -> None:
    """The suite, or what is given after ``--``: ``nox -s tests -- tests/trace``."""
    session.install("--quiet", "--editable", ".[dev]")
    session.install("--quiet", SQLALCHEMY[sqlalchemy])
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *session.posargs)
