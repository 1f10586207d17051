"""Bulk ``update`` and ``delete``."""

from __future__ import annotations

import pytest
from modernize_samples import MODELS, expression, modernized, reasons

from greenshift.shift.rewrite.options import Options
from greenshift.shift.rewrite.stages import run_stage


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("db.query(User).delete()", "db.execute(delete(User)).rowcount"),
        (
            "db.query(User).filter(User.age > 1).delete(synchronize_session=False)",
            "db.execute(delete(User).filter(User.age > 1).execution_options(synchronize_session=False)).rowcount",
        ),
        (
            "db.query(User).filter_by(id=1).delete('fetch')",
            "db.execute(delete(User).filter_by(id=1).execution_options(synchronize_session='fetch')).rowcount",
        ),
        (
            "db.query(User).filter_by(id=1).update({'age': 3})",
            "db.execute(update(User).filter_by(id=1).values({'age': 3})).rowcount",
        ),
        (
            "db.query(User).update({User.age: User.age + 1}, synchronize_session=False)",
            "db.execute(update(User).values({User.age: User.age + 1})"
            ".execution_options(synchronize_session=False)).rowcount",
        ),
        (
            "db.query(User).update(values=dict(age=1), synchronize_session='evaluate')",
            "db.execute(update(User).values(dict(age=1)).execution_options(synchronize_session='evaluate')).rowcount",
        ),
    ],
)
def test_bulk(before: str, after: str) -> None:
    assert expression(before).replace("(\n        ", "(").replace("\n    )", ")") == after


def test_a_discarded_number_of_rows() -> None:
    code = """
    def clear(db: Session):
        db.query(User).filter(User.age > 1).delete()
        db.query(User).update(
            {
                User.age: 1,  # all the same
            },
            synchronize_session=False,
        )
    """
    after = """
def clear(db: Session):
    db.execute(delete(User).filter(User.age > 1))
    db.execute(update(User).values(
        {
            User.age: 1,  # all the same
        },
    ).execution_options(synchronize_session=False))
"""
    assert modernized(code) == after.strip("\n")


def test_conditions_added_on_the_way() -> None:
    code = """
    def clear(db: Session, key):
        query = db.query(User)
        if key:
            query = query.filter(User.id == key)
        return query.delete()
    """
    after = modernized(code)
    assert "query = delete(User)\n" in after
    assert "return db.execute(query).rowcount" in after


def test_a_query_that_is_read_as_well() -> None:
    code = """
    def clear(db: Session):
        old = db.query(User).filter(User.age > 90)
        names = [user.name for user in old]
        old.filter(User.name != "x").update({User.age: 90}, synchronize_session="fetch")
        n = old.delete(synchronize_session=False)
        return names, n
    """
    after = modernized(code)
    assert "for user in db.scalars(old)]" in after
    assert (
        'db.execute(update(User).where(old.filter(User.name != "x").whereclause).values({User.age: 90})'
        '.execution_options(synchronize_session="fetch"))' in after
    )
    assert (
        "n = db.execute(delete(User).where(old.whereclause).execution_options(synchronize_session=False)).rowcount"
        in after.replace("(\n        ", "(").replace("\n    )", ")")
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("return db.query(User).update({'age': 1}, update_args={})", "update() with further arguments"),
        ("return db.query(User.id).delete()", "delete() of columns"),
        ("q = db.query(User)\n    q.count()\n    return q.delete()", "may have no condition"),
    ],
)
def test_left(code: str, reason: str) -> None:
    assert reason in reasons(f"def read(db: Session, key):\n    {code}\n")[0]


def test_listeners_for_bulk_statements() -> None:
    code = """
    def read(db: Session, key):
        event.listen(Session, "after_bulk_delete", key)
        return db.query(User).delete()
    """
    assert "a listener for after_bulk_delete" in reasons(code)[0]


def test_a_type_checker_learns_that_a_result_counts() -> None:
    code = (
        "from sqlalchemy import cast\nfrom sqlalchemy.orm import Session\nfrom app.models import User\n\n\n"
        "def f(db: Session) -> int:\n    db.query(User).filter(User.id == 2).delete()\n"
        "    return db.query(User).filter(User.id == cast(1, int)).delete()\n"
    )
    texts = {"app/__init__.py": "", "app/models.py": MODELS, "app/service.py": code}
    after = run_stage("modernize", texts, Options(is_type_checked=True)).texts["app/service.py"]
    assert "    db.execute(delete(User).filter(User.id == 2))\n" in after
    assert (
        "    return typing_cast(CursorResult[Any], db.execute(delete(User).filter(User.id == cast(1, int)))).rowcount\n"
    ) in after
    assert "from typing import Any, cast as typing_cast\n" in after
