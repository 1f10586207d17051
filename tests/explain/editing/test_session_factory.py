"""expire_on_commit=False is put into the one call that makes the application's sessions, or nowhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.session_factory import keep_after_commit

Application = Callable[..., str]


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """Write files that count as loaded modules, and return the path of the first."""
    names: list[str] = []

    def make(**files: str) -> str:
        for name, text in files.items():
            path = tmp_path / f"{name}.py"
            path.write_text(text)
            module = ModuleType(f"{tmp_path.name}_{name}")
            module.__file__ = str(path)
            sys.modules[module.__name__] = module
            names.append(module.__name__)
        return str(tmp_path / f"{next(iter(files))}.py")

    yield make
    for name in names:
        del sys.modules[name]


SAMPLES = {
    "async_sessionmaker": (
        "f = async_sessionmaker(engine)\n",
        "f = async_sessionmaker(engine, expire_on_commit=False)\n",
    ),
    "a session made by hand": ("s = AsyncSession(engine)\n", "s = AsyncSession(engine, expire_on_commit=False)\n"),
    "sessionmaker with the asyncio class": (
        "f = orm.sessionmaker(bind=engine, class_=AsyncSession)\n",
        "f = orm.sessionmaker(bind=engine, class_=AsyncSession, expire_on_commit=False)\n",
    ),
    "an argument a line": (
        "f = async_sessionmaker(\n    engine,\n    autoflush=False,\n)\n",
        "f = async_sessionmaker(\n    engine,\n    autoflush=False,\n    expire_on_commit=False,\n)\n",
    ),
    "it is turned on": (
        "f = async_sessionmaker(engine, expire_on_commit=True)\n",
        "f = async_sessionmaker(engine, expire_on_commit=False)\n",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_only_factory_keeps_objects(name: str, application: Application) -> None:
    before, after = SAMPLES[name]
    path = application(database=before)
    edit = keep_after_commit([path])
    assert edit is not None
    apply([edit])
    assert Path(path).read_text() == after


def test_the_factory_may_be_in_another_file(application: Application, tmp_path: Path) -> None:
    path = application(service="async def f(session): ...\n", database="f = async_sessionmaker(engine)\n")
    edit = keep_after_commit([path])
    assert edit is not None
    assert edit.file == str(tmp_path / "database.py")


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\n",
        "f = async_sessionmaker(engine)\ng = async_sessionmaker(other)\n",
        "f = async_sessionmaker(engine, expire_on_commit=settings.expire)\n",
        "f = async_sessionmaker(engine, **options)\n",
        "f = async_sessionmaker(engine)\nf.configure(expire_on_commit=True)\n",
        "f = sessionmaker(engine)\n",
        "def f(session: AsyncSession) -> None: ...\n",
    ],
)
def test_what_is_not_certain_is_left_alone(code: str, application: Application) -> None:
    assert keep_after_commit([application(database=code)]) is None


def test_a_sync_factory_is_meant_where_either_may_be(application: Application) -> None:
    path = application(database="f = sessionmaker(engine)\n")
    assert keep_after_commit([path], asynchronous=None) is not None
    assert keep_after_commit([path], asynchronous=False) is not None
