"""Which functions become async, which stay sync and why."""

from __future__ import annotations

import ast
import textwrap

import pytest

from greenshift.shift.colour import Colours, colour
from greenshift.shift.kinds import infer
from greenshift.shift.project import project_of
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.options import Options

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)
"""
HEAD = "from db import SessionLocal\ndef send():\n    SessionLocal().commit()\n"


def coloured(code: str, options: Options | None = None, **files: str) -> tuple[Context, Colours]:
    texts = {"db.py": DATABASE, "app.py": HEAD + textwrap.dedent(code), **{f"{k}.py": v for k, v in files.items()}}
    project = project_of(texts)
    context = Context(project, infer(project), options or Options())
    context.colours = colour(context)
    return context, context.colours


def names(functions: set[object]) -> set[str]:
    return {str(getattr(one, "qualified_name", "")).removeprefix("app.") for one in functions}


def test_callers_become_async_and_others_do_not() -> None:
    _, colours = coloured("def one():\n    send()\ndef two():\n    one()\ndef three():\n    return 1\n")
    assert names(colours.asynchronous) == {"send", "one", "two"}


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ("class A:\n    @property\n    def it(self): send()\n", "A.it"),
        ("from functools import cached_property\nclass A:\n    @cached_property\n    def it(self): send()\n", "A.it"),
        ("class A:\n    def __len__(self): return send()\n", "A.__len__"),
        ("class A:\n    def __init__(self): send()\n", "A.__init__"),
        ("class A:\n    def __eq__(self, other): return send()\n", "A.__eq__"),
        ("from functools import lru_cache\nclass A:\n    @lru_cache\n    def it(self): send()\n", "A.it"),
        (
            "from pydantic import field_validator\nclass A:\n    @field_validator('x')\n    def it(cls, v): send()\n",
            "A.it",
        ),
        ("from sqlalchemy import event\n@event.listens_for(1, 'connect')\ndef it(a, b): send()\n", "it"),
        ("import logging\nclass A(logging.Handler):\n    def emit(self, record): send()\n", "A.emit"),
        ("def it(x): return send()\ny = sorted([1], key=it)\n", "it"),
        ("def it(x): return send()\ndef f(): return list(map(it, [1]))\n", "it"),
    ],
)
def test_barriers_stay_sync_with_what_they_call(definition: str, name: str) -> None:
    _, colours = coloured(definition)
    assert name in names(colours.bridged)
    assert "send" in names(colours.bridged)
    assert name not in names(colours.asynchronous)


@pytest.mark.parametrize(
    "definition",
    [
        "class A:\n    def __call__(self): send()\n",
        "class A:\n    def __enter__(self): send()\n    def __exit__(self, *a): ...\n",
        "class A:\n    @staticmethod\n    def it(): send()\n",
        "class A:\n    @classmethod\n    def it(cls): send()\n",
        "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/')\ndef it(): send()\n",
        "from contextlib import contextmanager\n@contextmanager\ndef it():\n    send()\n    yield\n",
        "from abc import ABC, abstractmethod\nclass B(ABC):\n    @abstractmethod\n    def it(self): ...\n"
        "class A(B):\n    def it(self): send()\n",
        "def property(f): return f\n@property\ndef it(): send()\n",
    ],
)
def test_these_can_be_async(definition: str) -> None:
    _, colours = coloured(definition)
    assert not colours.bridged
    assert "send" in names(colours.asynchronous)


def test_methods_that_stand_for_each_other_change_together() -> None:
    _, colours = coloured(
        """
        class Base:
            def find(self): raise NotImplementedError
        class Sql(Base):
            def find(self): send()
        class Memory(Base):
            def find(self): return 1
        class Other:
            def find(self): return 2
        """
    )
    assert names(colours.asynchronous) == {"send", "Base.find", "Sql.find", "Memory.find"}


def test_what_one_call_may_reach_changes_together() -> None:
    _, colours = coloured("def plain(): return 1\ndef f(flag):\n    g = send if flag else plain\n    return g()\n")
    assert names(colours.asynchronous) == {"send", "plain", "f"}


def test_a_generator_becomes_one_only_where_all_can_follow() -> None:
    _, colours = coloured("def rows():\n    send()\n    yield 1\ndef f():\n    for row in rows(): print(row)\n")
    assert {"rows", "f"} <= names(colours.asynchronous)
    _, colours = coloured("def rows():\n    send()\n    yield 1\ndef f():\n    return zip(rows(), [1])\n")
    assert "rows" in names(colours.bridged)


def test_all_services_may_stay_inside() -> None:
    code = "def service():\n    send()\ndef route():\n    service()\n"
    _, colours = coloured(code, Options(bridge="all"))
    assert names(colours.asynchronous) == {"route"}
    assert names(colours.bridged) == {"send", "service"}


def test_without_bridges_the_places_are_listed() -> None:
    context, colours = coloured(
        "class A:\n    def __len__(self): return send()\ndef f():\n    SessionLocal().commit()\n    return len(A())\n",
        Options(bridge="none"),
    )
    assert colours.bridges == []
    assert [(one.kind, one.place.line) for one in context.left] == [("barrier", 8)]


def test_migrations_stay_as_they_are() -> None:
    _, colours = coloured(
        "",
        migration="from alembic import op\nfrom db import SessionLocal\ndef upgrade():\n    SessionLocal().commit()\n",
    )
    assert names(colours.asynchronous) == {"send"}


GETTING = "class A:\n    def __getitem__(self, key): return send()\n"


@pytest.mark.parametrize(
    ("code", "is_async"),
    [
        (GETTING + "def f(): return A()[1]\n", True),
        ("from abc import ABC\n" + GETTING.replace("A:", "A(ABC):") + "def f(): return A()[1]\n", True),
        (GETTING + "def f(): return 1 in A()\n", False),
        (GETTING + "    def __len__(self): return 1\ndef f(): return A()[1]\n", False),
        ("from collections.abc import Mapping\n" + GETTING.replace("A:", "A(Mapping):") + "A()\n", False),
    ],
)
def test_a_subscript_is_awaited_where_nothing_else_reads_items(code: str, is_async: bool) -> None:
    _, colours = coloured(code)
    assert ("A.__getitem__" in names(colours.asynchronous)) is is_async
    assert ("A()[1]" in {ast.unparse(node) for node in colours.awaits}) is (is_async and "A()[1]" in code)


def test_methods_of_unrelated_bases_stand_for_each_other_in_a_class_of_both() -> None:
    code = """
    class Abstract:
        def count(self): ...
    class Stored:
        def count(self): return send()
    class Both(Abstract, Stored): ...
    def total(it: Abstract): return it.count()
    """
    _, colours = coloured(code)
    assert names(colours.asynchronous) >= {"Abstract.count", "Stored.count", "total"}


def test_a_method_that_only_a_subclass_inherits_is_found() -> None:
    code = """
    class Abstract: ...
    class Stored:
        def count(self): return send()
    class Both(Abstract, Stored): ...
    def total(it: Abstract): return it.count()
    """
    _, colours = coloured(code)
    assert "total" in names(colours.asynchronous)
    assert {ast.unparse(node) for node in colours.awaits} >= {"it.count()"}
