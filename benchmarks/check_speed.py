"""How long a check takes, and how much memory: ``python benchmarks/check_speed.py [--lines 100000]``.

The application is made up: packages of models, schemas, services and routers around SQLAlchemy, and as many modules
that have nothing to do with it. It is checked in a process of its own each time: with an empty cache, again with
nothing changed, and after one file changed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = '''"""Settings of service {number}."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SERVICE{number}_")

    database_url: str = "postgresql+asyncpg://app@localhost/service{number}"
    pool_size: int = 5
    max_overflow: int = 10


settings = Settings()
'''
DATABASE = '''"""The database of service {number}."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from service{number}.settings import settings

OPTIONS = {{"pool_size": settings.pool_size, "max_overflow": settings.max_overflow, "pool_pre_ping": True}}
engine = create_async_engine(settings.database_url, **OPTIONS)
factory = async_sessionmaker(engine, expire_on_commit=False)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with factory() as session:
        yield session
'''
MODEL = '''

class Model{index}(Base):
    __tablename__ = "model{index}"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    amount: Mapped[int] = mapped_column(default=0)

    def describe(self) -> str:
        """Return what a person reads."""
        if self.amount > 10:
            return f"{{self.name}}: {{self.amount}} pieces"
        return self.name
'''
ROUTE = """

@router.get("/model{index}/{{identifier}}")
async def read_model{index}(identifier: int, session: AsyncSession = Depends(get_session)) -> dict[str, object]:
    found = await session.scalar(select(Model{index}).where(Model{index}.id == identifier))
    if found is None:
        raise HTTPException(404, "there is none")
    others = await session.scalars(select(Model{index}).where(Model{index}.amount > found.amount).limit(10))
    names = [other.name for other in others]
    return {{"id": found.id, "name": found.name, "others": names, "total": len(names)}}
"""
PLAIN = '''

def calculate{index}(values: list[int], factor: int = {index}) -> dict[str, float]:
    """Return figures of some values."""
    total = sum(value * factor for value in values)
    result = {{"total": float(total), "mean": total / len(values) if values else 0.0}}
    for place, value in enumerate(sorted(values)):
        if value > factor and place % 2:
            result[f"large{{place}}"] = float(value)
        elif value == factor:
            result["equal"] = result.get("equal", 0.0) + 1.0
    return result
'''
ROUTER_HEAD = '''"""Routes."""

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service{number}.database import get_session
from service{number}.models.models{part} import *

router = APIRouter()
'''
MODEL_HEAD = '''"""Models."""

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass
'''


def make_application(root: Path, lines: int) -> int:
    """Write an application; return how many lines it has.

    Args:
        root: an empty folder.
        lines: how many there are to be, at least.
    """
    total = 0
    number = 0
    while total < lines:
        service = root / f"service{number}"
        for folder in ("models", "routers", "figures"):
            (service / folder).mkdir(parents=True)
            (service / folder / "__init__.py").write_text("")
        (service / "__init__.py").write_text("")
        files = {"settings.py": SETTINGS.format(number=number), "database.py": DATABASE.format(number=number)}
        for part in range(10):
            indexes = range(part * 15, part * 15 + 15)
            files[f"models/models{part}.py"] = MODEL_HEAD + "".join(MODEL.format(index=index) for index in indexes)
            files[f"routers/router{part}.py"] = ROUTER_HEAD.format(number=number, part=part) + "".join(
                ROUTE.format(index=index) for index in indexes
            )
        for part in range(20):
            indexes = range(part * 15, part * 15 + 15)
            files[f"figures/figures{part}.py"] = '"""Figures."""\n' + "".join(
                PLAIN.format(index=index) for index in indexes
            )
        for name, text in files.items():
            (service / name).write_text(text)
            total += text.count("\n")
        number += 1
    return total


def measure(root: Path, cache: Path) -> dict[str, float]:
    """Check the application in a process of its own; return its seconds, the processor's, MiB and figures.

    Args:
        root: the application.
        cache: where the cache lies.
    """
    code = (
        "import json, resource, sys; from pathlib import Path; from greenshift.check.api import check; "
        "report = check([Path(sys.argv[1])]); "
        "print(json.dumps({'findings': len(report.findings), 'engines': report.summary['engines'], "
        "'processor': sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), "
        "'mib': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))"
    )
    environment = {**os.environ, "GREENSHIFT_CACHE_DIRECTORY": str(cache)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], check=True, capture_output=True, text=True, env=environment
    )
    seconds = time.perf_counter() - start
    found: dict[str, float] = json.loads(done.stdout)
    return {**found, "seconds": seconds}


def main() -> None:
    """Print one line for each kind of run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder, "application"), Path(folder, "cache")
        root.mkdir()
        (root / "pyproject.toml").write_text('[project]\nname = "application"\ndependencies = ["sqlalchemy>=2"]\n')
        written = make_application(root, lines)
        files = sum(1 for _ in root.rglob("*.py"))
        print(f"{written:,} lines of Python in {files:,} files")
        print("| run | seconds | processor seconds | MiB | engines | findings |")
        print("|---|---|---|---|---|---|")
        # A file changed within the last seconds is compared by its content.
        time.sleep(2.1)
        _show("nothing known", measure(root, cache))
        _show("nothing changed", measure(root, cache))
        changed = root / "service0" / "routers" / "router0.py"
        changed.write_text(changed.read_text() + "\n\nLAST = 1\n")
        _show("one file changed", measure(root, cache))


def _show(kind: str, run: dict[str, float]) -> None:
    figures = f"{run['seconds']:.1f} | {run['processor']:.1f} | {run['mib']:.0f}"
    print(f"| {kind} | {figures} | {run['engines']:.0f} | {run['findings']:.0f} |")


if __name__ == "__main__":
    main()
