"""Iteration, slices and indices: executions that are not written as calls."""

from __future__ import annotations

import pytest
from modernize_samples import expression, modernized, reasons


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("list(db.query(User))", "list(db.scalars(select(User)))"),
        ("iter(db.query(User))", "iter(db.scalars(select(User)))"),
        ("[u.name for u in db.query(User)]", "[u.name for u in db.scalars(select(User))]"),
        (
            "{i: n for i, n in db.query(User.id, User.name)}",
            "{i: n for i, n in db.execute(select(User.id, User.name))}",
        ),
        ("sum(u.age for u in db.query(User))", "sum(u.age for u in db.scalars(select(User)))"),
        ("sorted(db.query(User), key=key)", "sorted(db.scalars(select(User)), key=key)"),
        ("dict(db.query(User.id, User.name))", "dict(db.execute(select(User.id, User.name)).all())"),
        ("[*db.query(User)]", "[*db.scalars(select(User))]"),
        ("list(map(str, db.query(User)))", "list(map(str, db.scalars(select(User))))"),
        ("db.query(User)[1:3]", "db.scalars(select(User).slice(1, 3)).all()"),
        ("db.query(User)[:key]", "db.scalars(select(User).limit(key)).all()"),
        ("db.query(User)[key:]", "db.scalars(select(User).slice(key, None)).all()"),
        ("db.query(User).order_by(User.id)[0]", "db.scalars(select(User).order_by(User.id).slice(0, 1)).all()[0]"),
        ("db.query(User)[key].name", "db.scalars(select(User).slice(key, key + 1)).all()[0].name"),
        ("(db.query(User))[0:2]", "db.scalars((select(User)).slice(0, 2)).all()"),
        ("values in db.query(User)", "values in db.scalars(select(User))"),
        ("list(db.query(User).join(Post))", "list(db.scalars(select(User).join(Post)).unique())"),
    ],
)
def test_iteration(before: str, after: str) -> None:
    assert expression(before) == after


@pytest.mark.parametrize(
    ("bounds", "condition"),
    [
        ("start:stop", "start < stop"),
        ("start:start + size", "start < start + size"),
        ("0:stop", "0 < stop"),
        ("1:3", ""),
        (":stop", ""),
        ("key:stop", ""),
    ],
)
def test_a_slice_that_may_end_before_it_begins_asks_nothing(bounds: str, condition: str) -> None:
    code = "def read(db: Session, start: int, stop: int, size: int, key):\n    return db.query(User)[" + bounds + "]\n"
    limits = "limit(stop)" if bounds == ":stop" else f"slice({', '.join(bounds.split(':'))})"
    asked = f"db.scalars(select(User).{limits}).all()"
    expected = f"({asked} if {condition} else [])" if condition else asked
    assert modernized(code).endswith(f"    return {expected}")


def test_iter() -> None:
    code = """
    class Users:
        def __init__(self, db: Session):
            self.db = db

        def __iter__(self):
            return iter(self.db.query(User))

        def first(self):
            return next(iter(self.db.query(User)), None)
    """
    after = modernized(code)
    assert "return iter(self.db.scalars(select(User)))" in after
    assert "return next(iter(self.db.scalars(select(User))), None)" in after


def test_loops() -> None:
    code = """
    def read(db: Session):
        for user in db.query(User).filter(User.age > 1):
            print(user)
        query = db.query(User.id)
        for (key,) in query:
            print(key)
        first, second = db.query(User).limit(2)
        names = []
        names.extend(db.query(User))
        yield from db.query(User)
    """
    after = modernized(code)
    assert "for user in db.scalars(select(User).filter(User.age > 1)):" in after
    assert "for (key,) in db.execute(query):" in after
    assert "first, second = db.scalars(select(User).limit(2))" in after
    assert "names.extend(db.scalars(select(User)))" in after
    assert "yield from db.scalars(select(User))" in after


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("db.query(User)[-1]", "a negative index"),
        ("db.query(User)[0:4:2]", "a slice with a step"),
        ("db.query(User)[key + 1]", "an index that is an expression"),
        ("(u for u in db.query(User))", "a generator runs it later"),
        ("map(str, db.query(User))", "it is given to map"),
    ],
)
def test_left(query: str, reason: str) -> None:
    assert reason in reasons(f"def read(db: Session, key):\n    return {query}\n")[0]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "def f(db: Session) -> list[User]:\n    return db.query(User).all()",
            "return list(db.scalars(select(User)).all())",
        ),
        (
            "def f(db: Session, x) -> list[User]:\n    return db.query(User).all() if x else []",
            "return list(db.scalars(select(User)).all()) if x else []",
        ),
        (
            "def f(db: Session):\n    found: list[User] = db.query(User).all()\n    return found",
            "found: list[User] = list(db.scalars(select(User)).all())",
        ),
        (
            "def f(db: Session, a: int, b: int) -> list[User]:\n    return db.query(User)[a:b]",
            "return list((db.scalars(select(User).slice(a, b)).all() if a < b else []))",
        ),
        ("def f(db: Session):\n    return db.query(User).all()", "return db.scalars(select(User)).all()"),
        (
            "def f(db: Session) -> int:\n    return len(db.query(User).all())",
            "return len(db.scalars(select(User)).all())",
        ),
    ],
)
def test_what_is_annotated_as_a_list_is_made_one(code: str, expected: str) -> None:
    assert expected in [line.strip() for line in modernized(code).splitlines()]
