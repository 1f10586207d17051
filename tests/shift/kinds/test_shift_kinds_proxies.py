"""Proxies have what they stand for."""

from __future__ import annotations

import ast

import pytest

from greenshift.shift.kinds import infer
from greenshift.shift.kinds.values import Connection, ContextManager, Engine, Session, SessionFactory, Value
from greenshift.shift.project import project_of

HEAD = (
    "from __future__ import annotations\n"
    "from contextvars import ContextVar\nfrom sqlalchemy import create_engine\n"
    "from sqlalchemy.engine import Connection, Engine, Transaction\nfrom sqlalchemy.orm import Session, sessionmaker\n"
)
GENERIC = (
    "class Local[T]:\n    def __init__(self):\n        self.var = ContextVar('x')\n"
    "    @classmethod\n    def of_type(cls, _: type[T]) -> Local[T]:\n        return cls()\n"
    "    def set(self, value: T):\n        self.var.set(value)\n"
    "    def __getattr__(self, name):\n        return getattr(self.var.get(), name)\n"
)
OLD = GENERIC.replace("Local[T]:\n    def __init__", "Local(Generic[T]):\n    def __init__").replace(
    "class", "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass", 1
)
WRAPT = "from wrapt import CallableObjectProxy\nclass Local(CallableObjectProxy):\n    pass\n"
PLAIN = (
    "Maker = sessionmaker(create_engine('sqlite://'))\ndef current() -> Session:\n    return Maker()\n"
    "class Local:\n    def __getattr__(self, name):\n        return getattr(current(), name)\n"
)
PROXIES = {
    "a type in brackets and in the call": (OLD + "db = Local[Session].of_type(Session)\n", Session),
    "a type in brackets": (OLD + "db = Local[sessionmaker]()\n", SessionFactory),
    "a type handed in": (OLD + "db = Local.of_type(Engine)\n", Engine),
    "an annotation": (OLD + "db: Local[Session] = Local()\n", Session),
    "a proxy of a library": (WRAPT + "db = Local[Connection](None)\n", Connection),
    "a transaction": (WRAPT + "db = Local[Transaction](None)\n", ContextManager),
    "what __getattr__ asks": (PLAIN + "db = Local()\n", Session),
    "what it wraps": (OLD + "proxy = Local[Engine]()\ndb = proxy.__wrapped__\n", Engine),
}
OTHERS = {
    "a class without __getattr__": "class Box(list):\n    pass\ndb = Box(Session)\n",
    "another type": OLD + "db = Local[int].of_type(int)\n",
}


def kinds_of_db(text: str) -> set[type[Value]]:
    """What the last mention of ``db`` may be."""
    project = project_of({"app.py": HEAD + text + "db\n"})
    assert not project.skipped
    kinds = infer(project)
    last = project.modules[0].source.tree.body[-1]
    assert isinstance(last, ast.Expr)
    wanted = (Connection, ContextManager, Engine, Session, SessionFactory)
    return {type(one) for one in kinds.values(last.value) if isinstance(one, wanted)}


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_has_what_it_stands_for(name: str) -> None:
    text, wanted = PROXIES[name]
    assert kinds_of_db(text) == {wanted}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_proxy_of_the_database_is_nothing_else(name: str) -> None:
    assert kinds_of_db(OTHERS[name]) == set()
