"""What the command prints for people."""

from __future__ import annotations

import pytest
from contract.suite_project import command, project

__all__ = ["project"]

AWARE = """
import datetime as dt
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[dt.datetime]
    at: Mapped[dt.datetime] = mapped_column(default=lambda: dt.datetime.now(dt.timezone.utc))
"""


def test_a_fault_that_every_test_meets_is_said_once(project: pytest.Pytester) -> None:
    project.makepyfile(models=AWARE)
    ran = command(project, "models:Base")
    assert ran.returncode == 1, ran.stderr
    said = "fix: Visit.at is without a time zone and gets a time with one: DateTime(timezone=True)"
    assert ran.stdout.count(said) == 2, ran.stdout
    lines = ran.stdout.splitlines()
    assert any(line.startswith("commit-Visit, ") and line.endswith(" more") for line in lines)
    assert any(line.startswith("defaults-Visit") and "," not in line for line in lines)


def test_why_models_cannot_be_imported(project: pytest.Pytester) -> None:
    project.makepyfile(models="import os\n\nkey = os.environ['THE_KEY_OF_THE_APPLICATION']\n")
    ran = command(project, "models:Base")
    assert ran.returncode == 2
    assert "could not be tried: KeyError: 'THE_KEY_OF_THE_APPLICATION'" in ran.stderr
