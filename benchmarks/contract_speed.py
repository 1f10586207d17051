"""How long the contract takes: ``python benchmarks/contract_speed.py [--models 50] [--workers 2]``.

An application is made up: models in chains of five, each the parent of the next, with columns of several types, enums,
uniques and checks. Every behaviour of every model is run by pytest through ``ModelContract``, sync and async.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAD = """
import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, LargeBinary, Numeric, String, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class State(enum.Enum):
    NEW = "new"
    OPEN = "open"
    DONE = "done"
"""

MODEL = """

class Model{number}(Base):
    __tablename__ = "model{number}"
    __table_args__ = (CheckConstraint("amount >= 0", name="model{number}_amount"),)
    id: Mapped[{key}
    name: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[State]
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    size: Mapped[int] = mapped_column(CheckConstraint("size BETWEEN 1 AND 100"))
    note: Mapped[str | None]
    day: Mapped[date | None]
    seen: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
"""
WITH_JSON = """    extra: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    words: Mapped[list[str]] = mapped_column(ARRAY(String))
"""
WITH_BYTES = """    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(default=True)
"""
CHILDREN = """    children: Mapped[list["Model{child}"]] = relationship(
        back_populates="parent", cascade="all, delete-orphan"
    )
"""
PARENT = """    parent_id: Mapped[{type}] = mapped_column(ForeignKey("model{parent}.id"))
    parent: Mapped["Model{parent}"] = relationship(back_populates="children")
"""
KEYS = ("int] = mapped_column(primary_key=True)", "uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)")
CHAIN = 5

SUITE = """
from greenshift.contract import ModelContract
from models import Base


class TestModels(ModelContract):
    base = Base
"""

PYPROJECT = """
[tool.greenshift]
metadata = "models:Base"

[tool.pytest.ini_options]
addopts = "-p no:cacheprovider"
pythonpath = ["."]
"""


def make_application(root: Path, models: int) -> None:
    """Write models, their contract and the settings into a folder.

    Args:
        root: an empty folder.
        models: how many.
    """
    text = HEAD
    for number in range(models):
        text += MODEL.format(number=number, key=KEYS[number % 2])
        text += WITH_JSON if number % 3 == 0 else WITH_BYTES
        if number % CHAIN:
            text += PARENT.format(parent=number - 1, type="int" if number % 2 else "uuid.UUID")
        if (number + 1) % CHAIN and number + 1 < models:
            text += CHILDREN.format(child=number + 1)
    (root / "models.py").write_text(text, encoding="utf-8")
    (root / "test_models.py").write_text(SUITE, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")


def run(root: Path, workers: int, extra: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the contract of an application.

    Args:
        root: its folder.
        workers: how many processes; 0 for pytest's own alone.
        extra: further arguments of pytest.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--rootdir", str(root), *extra],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> None:
    """Print the figures; exit with pytest's code if a test failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    arguments, extra = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="greenshift-") as folder:
        make_application(Path(folder), arguments.models)
        begin = time.perf_counter()
        ran = run(Path(folder), arguments.workers, extra)
        seconds = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    tests = sum(int(count) for count in re.findall(r"(\d+) (?:passed|failed|error)", ran.stdout))
    if ran.returncode:
        print(ran.stdout[-8000:], ran.stderr[-2000:], sep="\n")
    print(f"{'models':>7} {'tests':>6} {'seconds':>8} {'CPU s':>7} {'tests/s':>8}")
    print(
        f"{arguments.models:>7} {tests:>6} {seconds:>8.1f} "
        f"{used.ru_utime + used.ru_stime:>7.1f} {tests / seconds:>8.1f}"
    )
    raise SystemExit(ran.returncode)


if __name__ == "__main__":
    main()
