"""What a bulk UPDATE does not tell the session is loaded behind it."""

from __future__ import annotations

import textwrap

import pytest
from prepare_samples import HEAD, MODELS, changes

from greenshift.shift.rewrite.prepare.expire_on_commit import keep_after_commit
from greenshift.shift.rewrite.prepare.unsynchronized import load_unsynchronized
from greenshift.shift.rewrite.stages import run_stage

FIXERS = [keep_after_commit, load_unsynchronized]
DATABASE = "from sqlalchemy.orm import sessionmaker\nSessionLocal = sessionmaker()\n"
LOADING = """\
+    for held in session.identity_map.values():
+        if isinstance(held, User):
+            session.refresh(held, held.__mapper__.column_attrs.keys())"""


def prepared(code: str) -> str:
    """Return the lines that a service gets; a second run changes nothing."""
    code = (
        HEAD + "from sqlalchemy import delete, update\nfrom app.database import SessionLocal\n" + textwrap.dedent(code)
    )
    texts = {"app/__init__.py": "", "app/models.py": MODELS, "app/database.py": DATABASE, "app/service.py": code}
    result = run_stage("prepare", texts, fixers=FIXERS)
    assert run_stage("prepare", result.texts, fixers=FIXERS).changed == []
    return changes(code, result.texts["app/service.py"])


@pytest.mark.parametrize(
    "statement",
    [
        "session.bulk_update_mappings(User, [{'id': 1, 'name': 'b'}])",
        "session.execute(update(User).values(name='b').execution_options(synchronize_session=False))",
        "count = session.execute(\n        update(User).values(name='b').execution_options(synchronize_session=False)\n"
        "    ).rowcount",
    ],
)
def test_what_is_held_is_loaded(statement: str) -> None:
    assert prepared(f"def rename(session: Session):\n    {statement}\n    session.commit()\n") == LOADING


@pytest.mark.parametrize(
    "body",
    [
        "def rename(session: Session):\n    session.execute(update(User).values(name='b'))\n",
        "def drop(session: Session):\n    session.execute(delete(User).execution_options(synchronize_session=False))\n",
        "def add(session: Session):\n    session.bulk_insert_mappings(User, [{'name': 'b'}])\n",
        "def job():\n    with SessionLocal() as session:\n        session.bulk_update_mappings(User, [{'id': 1}])\n",
    ],
    ids=["synchronized", "deleted", "inserted", "a session that is new"],
)
def test_nothing_held_gets_stale(body: str) -> None:
    assert prepared(body) == ""


def test_a_name_that_is_taken_is_left_alone() -> None:
    code = "def rename(session: Session, held):\n    session.bulk_update_mappings(User, held)\n    return held\n"
    assert prepared(code) == LOADING.replace("held", "held_row")


HOLDER = """\
from app.database import SessionLocal


class Holder:
    @property
    def session(self):
        return SessionLocal()


holder = Holder()
"""


@pytest.mark.parametrize(
    ("session", "expected"),
    [("holder.session", LOADING.replace("session.", "holder.session.")), ("session", "")],
    ids=["kept by the application", "the tests' own"],
)
def test_tests_on_the_session_that_the_application_keeps(session: str, expected: str) -> None:
    code = (
        HEAD + "from sqlalchemy import update\nfrom app.holder import Holder\n\n\n"
        "def test_rename(holder: Holder, session: Session):\n"
        f"    {session}.execute(update(User).values(name='b').execution_options(synchronize_session=False))\n"
        f"    {session}.commit()\n"
    )
    texts = {"app/models.py": MODELS, "app/database.py": DATABASE, "app/holder.py": HOLDER, "tests/test_it.py": code}
    result = run_stage("prepare", {"app/__init__.py": "", **texts}, fixers=FIXERS)
    assert changes(code, result.texts["tests/test_it.py"]) == expected
