"""Mocks do not count the refreshes that the application got."""

from __future__ import annotations

import pytest
from prepare_samples import MODELS, changes

from greenshift.shift.rewrite.prepare.after_commit import refresh_after_commit
from greenshift.shift.rewrite.prepare.counted_refreshes import loosen_counts
from greenshift.shift.rewrite.stages import run_stage

SERVICE = """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Item


def rename(session: Session):
    item = session.scalars(select(Item)).one()
    item.title = "b"
    session.commit()
    return item.{column}
"""
TEST = """\
from unittest.mock import MagicMock

from app.service import rename


def test_rename():
    session, service = MagicMock(), object()
    rename(session)
    {assertion}
"""


def asserted(assertion: str, column: str = "changed") -> str:
    """Return what a test's assertion becomes."""
    texts = {
        "app/__init__.py": "",
        "app/models.py": MODELS,
        "app/service.py": SERVICE.format(column=column),
        "tests/test_rename.py": TEST.format(assertion=assertion),
    }
    fixers = [refresh_after_commit, loosen_counts]
    after = run_stage("prepare", texts, fixers=fixers).texts["tests/test_rename.py"]
    return changes(texts["tests/test_rename.py"], after).partition("+    ")[2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("session.refresh.assert_called_once_with(1)", "session.refresh.assert_any_call(1)"),
        ("session.refresh.assert_called_once()", "session.refresh.assert_called()"),
        ("session.refresh.assert_called_once_with(1, ['a'])", ""),
        ("session.commit.assert_called_once_with()", ""),
        ("service.refresh.assert_called_once_with(1)", ""),
    ],
)
def test_assertion(before: str, after: str) -> None:
    assert asserted(before) == after


def test_where_nothing_was_added_the_count_stays() -> None:
    assert asserted("session.refresh.assert_called_once_with(1)", "title") == ""
