"""Mocks of query chains answer the statements that the application sends now: the tests pass before and after."""

from __future__ import annotations

import textwrap

import pytest

from greenshift.shift.rewrite.modernize.mocked_chains import SEVERAL, UNTOLD
from greenshift.shift.rewrite.stages import StageResult, run_stage

SERVICE = """
from sqlalchemy import Column, Integer, String, func
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def first(db: Session):
    return db.query(User).filter(User.id == 1).first()


def everything(db: Session):
    return db.query(User).filter(User.id == 1).order_by(User.id).all()


def names(db: Session):
    return db.query(User.name).filter(User.id == 1).all()


def number(db: Session):
    return db.query(User).filter(User.id == 1).count()


def greatest(db: Session):
    return db.query(func.max(User.id)).scalar()


def remove(db: Session):
    return db.query(User).filter(User.id == 1).delete()


def fetch(db: Session):
    return db.query(User).get(1)


def two(db: Session):
    return db.query(User).filter(User.id == 1).first(), db.query(User).filter(User.id == 2).order_by(User.id).first()
"""
TEST = """
from unittest.mock import MagicMock
from service import {function}


def test_it():
    db = MagicMock()
    {mock}
    assert {function}(db) == {value}
"""


def modernized(function: str, mock: str, value: str) -> StageResult:
    """What the stage makes of a test, which passes before and after."""
    test = TEST.format(function=function, mock=mock, value=value)
    result = run_stage("modernize", {"service.py": SERVICE, "test_service.py": test})
    assert "db.query" not in result.texts["service.py"]
    return result


def run(texts: dict[str, str]) -> None:
    service, test = ({} for _ in range(2))  # type: ignore[var-annotated]
    exec(texts["service.py"], service)
    lines = [line for line in texts["test_service.py"].splitlines() if not line.startswith("from service")]
    test.update(service)
    exec("\n".join(lines), test)
    test["test_it"]()


@pytest.mark.parametrize(
    ("function", "mock", "value", "expected"),
    [
        (
            "first",
            "db.query.return_value.filter.return_value.first.return_value = 3",
            "3",
            "db.scalars.return_value.first.return_value = 3",
        ),
        (
            "first",
            "db.query().filter().first.return_value = 3",
            "3",
            "db.scalars.return_value.first.return_value = 3",
        ),
        (
            "two",
            "db.query.return_value.filter.return_value.first.side_effect = [1, 2]\n"
            "    db.query.return_value.filter.return_value.order_by.return_value.first.side_effect = [1, 2]",
            "(1, 1)",
            "",
        ),
        (
            "everything",
            "db.query.return_value.filter.return_value.order_by.return_value.all.return_value = [1]",
            "[1]",
            "db.scalars.return_value.all.return_value = [1]",
        ),
        (
            "names",
            "db.query.return_value.filter.return_value.all.return_value = [1]",
            "[1]",
            "db.execute.return_value.all.return_value = [1]",
        ),
        (
            "number",
            "db.query.return_value.filter.return_value.count.return_value = 5",
            "5",
            "db.execute.return_value.scalar_one.return_value = 5",
        ),
        (
            "greatest",
            "db.query.return_value.scalar.return_value = 5",
            "5",
            "db.execute.return_value.scalar_one.return_value = 5",
        ),
        (
            "remove",
            "db.query.return_value.filter.return_value.delete.return_value = 2",
            "2",
            "db.execute.return_value.rowcount = 2",
        ),
        ("fetch", "db.query.return_value.get.return_value = 9", "9", "db.get.return_value = 9"),
        (
            "first",
            "query = MagicMock()\n    db.query.return_value = query\n    query.filter.return_value = query\n"
            "    query.first.return_value = 4",
            "4",
            "db.scalars.return_value = query",
        ),
        (
            "number",
            "query = MagicMock()\n    db.query.return_value.filter.return_value = query\n"
            "    query.count.return_value = 4",
            "4",
            "query.scalar_one.return_value = 4",
        ),
    ],
)
def test_a_mock_answers_what_is_executed_now(function: str, mock: str, value: str, expected: str) -> None:
    run({"service.py": SERVICE, "test_service.py": TEST.format(function=function, mock=mock, value=value)})
    result = modernized(function, mock, value)
    assert expected in result.texts["test_service.py"]
    assert ".query" not in result.texts["test_service.py"]
    if expected:
        run(result.texts)
        assert not result.left
    else:
        assert {left.reason for left in result.left} == {SEVERAL} or not result.left


def test_what_cannot_be_told_is_listed_and_keeps_nothing_back() -> None:
    mock = "db.query.side_effect = lambda model: MagicMock(**{'filter.return_value.first.return_value': 3})"
    result = modernized("first", mock, "3")
    assert [(left.kind, left.reason) for left in result.left] == [("mock", UNTOLD)]


def test_an_assertion_follows_its_query() -> None:
    mock = "db.query.return_value.filter.return_value.first.return_value = 3"
    test = TEST.format(function="first", mock=mock, value="3") + "    db.query.assert_called_once()\n"
    result = run_stage("modernize", {"service.py": SERVICE, "test_service.py": test})
    assert "db.scalars.assert_called_once()" in result.texts["test_service.py"]
    run(result.texts)


def test_a_mock_of_queries_that_stay_is_left_alone() -> None:
    service = textwrap.dedent("""
    def first(db):
        return db.query(1).filter(2).first()
    """)
    mock = "db.query.return_value.filter.return_value.first.return_value = 3"
    test = TEST.format(function="first", mock=mock, value="3")
    assert run_stage("modernize", {"service.py": service, "test_service.py": test}).texts["test_service.py"] == test
