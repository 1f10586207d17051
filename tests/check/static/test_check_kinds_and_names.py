"""Which calls make an engine or a session, of which kind, and by which name it is known."""

from __future__ import annotations

import pytest
from reading_programs import IMPORTS, only_engine, only_factory, program_of, shown

ENGINES = {
    "sync": ('engine = create_engine("a://")', "sync", "engine", "create_engine"),
    "async": ('engine = create_async_engine("a://")', "async", "engine", "create_async_engine"),
    "wrapped": ('engine = AsyncEngine(create_engine("a://"))', "async", "engine", "create_engine"),
    "wrapped later": ('e = create_engine("a://")\nengine = AsyncEngine(e)', "async", "e", "create_engine"),
    "sqlmodel": ('import sqlmodel\ne = sqlmodel.create_engine("a://")', "sync", "e", "create_engine"),
    "from a dict": (
        'from sqlalchemy.ext.asyncio import async_engine_from_config as f\ne = f({"sqlalchemy.url": "a://"})',
        "async",
        "e",
        "async_engine_from_config",
    ),
    "annotated": ('e: AsyncEngine = create_async_engine("a://")', "async", "e", "create_async_engine"),
    "an attribute": (
        'class Db:\n    def __init__(self):\n        self.engine = create_engine("a://")',
        "sync",
        "Db.engine",
        "create_engine",
    ),
    "a class attribute": ('class Db:\n    engine = create_engine("a://")', "sync", "Db.engine", "create_engine"),
    "a function": ('def get_engine():\n    return create_engine("a://")', "sync", "get_engine", "create_engine"),
    "a method": (
        'class Db:\n    def get(self):\n        return create_engine("a://")',
        "sync",
        "Db.get",
        "create_engine",
    ),
    "an entry of a dict": ('E = {"read": create_engine("a://")}', "sync", "E['read']", "create_engine"),
    "an application's state": (
        'async def start(app):\n    app.state.engine = create_async_engine("a://")',
        "async",
        "app.state.engine",
        "create_async_engine",
    ),
    "either": (
        'e = create_engine("a://") if os.cpu_count() else None',
        "sync",
        "e",
        "create_engine",
    ),
    "with options behind": (
        'e = create_engine("a://").execution_options(isolation_level="AUTOCOMMIT")',
        "sync",
        "e",
        "create_engine",
    ),
}


@pytest.mark.parametrize(("source", "kind", "name", "made_by"), ENGINES.values(), ids=ENGINES.keys())
def test_an_engine(source: str, kind: str, name: str, made_by: str) -> None:
    engine = only_engine(source)
    assert (engine.kind, engine.name, engine.made_by) == (kind, name, made_by)


NO_ENGINES = {
    "another function of that name": "def create_engine(x):\n    return x\nengine = create_engine('a://')",
    "another library's": "from company.db import create_engine\nengine = create_engine('a://')",
    "a mock": "from sqlalchemy import create_mock_engine\nengine = create_mock_engine('a://', print)",
    "a pool": "from sqlalchemy import create_pool_from_url\npool = create_pool_from_url('a://')",
    "either kind": "make = create_async_engine if os.cpu_count() else create_engine\nengine = make('a://')",
}


@pytest.mark.parametrize("source", NO_ENGINES.values(), ids=NO_ENGINES.keys())
def test_no_engine(source: str) -> None:
    assert not program_of({"db.py": IMPORTS + source}).engines


FACTORIES = {
    "sessionmaker": ("F = sessionmaker(create_engine('a://'))", "sync", "F", "sessionmaker", False),
    "by name": ("F = sessionmaker(bind=create_engine('a://'))", "sync", "F", "sessionmaker", False),
    "async": ("F = async_sessionmaker(create_async_engine('a://'))", "async", "F", "async_sessionmaker", False),
    "a class": (
        "F = sessionmaker(create_async_engine('a://'), class_=AsyncSession)",
        "async",
        "F",
        "sessionmaker",
        False,
    ),
    "a class of the program": (
        "class S(AsyncSession):\n    pass\nF = sessionmaker(create_async_engine('a://'), class_=S)",
        "async",
        "F",
        "sessionmaker",
        False,
    ),
    "sqlmodel's class": (
        "from sqlmodel.ext.asyncio.session import AsyncSession as S\n"
        "F = sessionmaker(create_async_engine('a://'), class_=S)",
        "async",
        "F",
        "sessionmaker",
        False,
    ),
    "an unknown class": (
        "from company import S\nF = sessionmaker(create_engine('a://'), class_=S)",
        None,
        "F",
        "sessionmaker",
        False,
    ),
    "scoped": ("F = scoped_session(sessionmaker(create_engine('a://')))", "sync", "F", "sessionmaker", False),
    "a session": ("s = Session(create_engine('a://'))", "sync", "s", "Session", True),
    "an async session": (
        "async def f():\n    async with AsyncSession(create_async_engine('a://')) as s:\n        pass",
        "async",
        "s",
        "AsyncSession",
        True,
    ),
    "a partial": (
        "F = partial(sessionmaker, autoflush=False)\nG = F(create_engine('a://'))",
        "sync",
        "G",
        "sessionmaker",
        False,
    ),
    "configured later": (
        "F = sessionmaker()\nF.configure(bind=create_engine('a://'))",
        "sync",
        "F",
        "sessionmaker",
        False,
    ),
}


@pytest.mark.parametrize(("source", "kind", "name", "made_by", "is_session"), FACTORIES.values(), ids=FACTORIES.keys())
def test_a_session_factory(source: str, kind: str | None, name: str, made_by: str, is_session: bool) -> None:
    factory = only_factory(source)
    assert (factory.kind, factory.name, factory.made_by, factory.is_session) == (kind, name, made_by, is_session)
    assert factory.engine is not None


def test_what_a_factory_is_given() -> None:
    factory = only_factory("O = {'autoflush': False}\nF = async_sessionmaker(expire_on_commit=False, **O)")
    assert {name: shown(value) for name, value in factory.arguments.items()} == {
        "expire_on_commit": "False",
        "autoflush": "False",
    }


def test_what_configure_gives_counts() -> None:
    factory = only_factory("F = sessionmaker(autoflush=False)\nF.configure(expire_on_commit=False)")
    assert shown(factory.argument("expire_on_commit")) == "False"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(engine):\n    return sessionmaker(engine)", id="a parameter"),
        pytest.param("from company import engine\nF = sessionmaker(engine)", id="another library's"),
        pytest.param("F = sessionmaker()", id="none"),
    ],
)
def test_a_factory_whose_engine_is_not_known(source: str) -> None:
    assert only_factory(source).engine is None


def test_the_program_evaluates_expressions() -> None:
    import ast

    program = program_of({"db.py": IMPORTS + "N = int(os.getenv('N', '3'))\nprint(N + 1)\n"})
    (file,) = program.files
    (call,) = [call for call in file.nodes(ast.Call) if file.name(call.func) == "print"]
    assert shown(program.evaluate(file, call.args[0])) == "4 $N"
