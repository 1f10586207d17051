"""A small project with models, on which the contract is run as a user runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from greenshift.postgres import Server

MODELS = """
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(30), CheckConstraint("reverse(email) LIKE 'moc.%'"), unique=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="user", cascade="all, delete-orphan")

class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    user: Mapped[User] = relationship(back_populates="posts")
"""

PYPROJECT = """
[tool.greenshift]
{metadata}

[tool.pytest.ini_options]
addopts = "-p no:randomly -p no:cacheprovider -p no:schemathesis -p no:hypothesispytest"
pythonpath = ["."]
"""


@pytest.fixture
def project(pytester: pytest.Pytester, contract_server: Server, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", contract_server.url())
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(models=MODELS)
    pytester.makefile(".toml", pyproject=PYPROJECT.format(metadata='metadata = "models:Base"'))
    return pytester


def command(project: pytest.Pytester, *arguments: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "greenshift", "contract", *arguments]
    return subprocess.run(run, cwd=project.path, capture_output=True, text=True, check=False, timeout=240)
