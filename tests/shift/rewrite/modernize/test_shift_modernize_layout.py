# ruff: noqa: E501  (lines of f-strings cannot be broken)
"""Comments, line breaks and brackets of chains stay."""

from __future__ import annotations

import textwrap

import pytest
from modernize_samples import modernized

SAMPLES = {
    "a method a line": (
        """
        def read(db: Session):
            users = (
                db.query(User)
                .filter(User.age > 3)  # grown up
                # the newest first
                .order_by(User.id.desc())
                .all()
            )
            return users
        """,
        """
        def read(db: Session):
            users = (
                db.scalars(
                    select(User)
                    .filter(User.age > 3)  # grown up
                    # the newest first
                    .order_by(User.id.desc())
                ).all()
            )
            return users
        """,
    ),
    "a comment before what executes it": (
        """
        def read(db: Session):
            return (
                db.query(User)
                .filter(User.age > 3)  # grown up
                .first()
            )
        """,
        """
        def read(db: Session):
            return (
                db.scalars(
                    select(User)
                    .filter(User.age > 3)
                    .limit(1)  # grown up
                ).first()
            )
        """,
    ),
    "backslashes": (
        """
        def read(db: Session):
            users = db.query(User) \\
                .filter(User.age > 3) \\
                .all()
            return users
        """,
        """
        def read(db: Session):
            users = db.scalars(
                select(User) \\
                    .filter(User.age > 3)
            ).all()
            return users
        """,
    ),
    "arguments over several lines": (
        """
        def read(db: Session):
            return db.query(User).filter(
                User.age > 3,  # grown up
                User.name != "x",
            ).all()
        """,
        """
        def read(db: Session):
            return db.scalars(select(User).filter(
                User.age > 3,  # grown up
                User.name != "x",
            )).all()
        """,
    ),
    "strings over several lines keep their lines": (
        '''
        def read(db: Session):
            return (
                db.query(User)
                .filter(text("""
            age > 3
            """))
                .all()
            )
        ''',
        '''
        def read(db: Session):
            return (
                db.scalars(
                    select(User)
                    .filter(text("""
            age > 3
            """))
                ).all()
            )
        ''',
    ),
    "a session on its own line": (
        """
        class Service:
            def __init__(self, session: Session):
                self.session = session

            def read(self):
                return (
                    self.session
                    .query(User)
                    .all()
                )
        """,
        """
        class Service:
            def __init__(self, session: Session):
                self.session = session

            def read(self):
                return (
                    self.session.scalars(
                        select(User)
                    ).all()
                )
        """,
    ),
    "a long line is broken": (
        """
        def read(db: Session):
            return db.query(User).filter(User.name == "a rather long name", User.age > 3, User.age < 100).first()
        """,
        """
        def read(db: Session):
            return db.scalars(
                select(User).filter(User.name == "a rather long name", User.age > 3, User.age < 100).limit(1)
            ).first()
        """,
    ),
    "queries inside queries": (
        """
        def read(db: Session):
            return (
                db.query(User)
                .filter(User.id.in_([post.author_id for post in db.query(Post).filter(Post.title == "x").all()]))
                .all()
            )
        """,
        """
        def read(db: Session):
            return (
                db.scalars(
                    select(User)
                    .filter(User.id.in_([post.author_id for post in db.scalars(
                    select(Post).filter(Post.title == "x")
                ).all()]))
                ).all()
            )
        """,
    ),
    "words beyond ASCII": (
        """
        def read(db: Session):
            return "ä", db.query(User).filter(User.name == "ö").all(), "ü"
        """,
        """
        def read(db: Session):
            return "ä", db.scalars(select(User).filter(User.name == "ö")).all(), "ü"
        """,
    ),
    "in an f-string there are no line breaks": (
        """
        def read(db: Session):
            return f"{db.query(User).count():>5} users, {db.query(User).filter(User.age > 3).count()} of them grown up"
        """,
        """
        def read(db: Session):
            return f"{db.execute(select(func.count()).select_from(select(User).subquery())).scalar_one():>5} users, {db.execute(select(func.count()).select_from(select(User).filter(User.age > 3).subquery())).scalar_one()} of them grown up"
        """,
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_layout(name: str) -> None:
    before, after = SAMPLES[name]
    assert modernized(before) == textwrap.dedent(after).strip("\n")


def test_an_f_string_over_several_lines_has_line_breaks() -> None:
    code = "def read(db: Session):\n    return f'''{\n        db.query(User)\n        .count()\n    }'''"
    after = modernized(code)
    assert "\n        db.execute(select(func.count()).select_from(\n            select(User).subquery()\n" in after
    compile(after, "service.py", "exec")
