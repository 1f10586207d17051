"""What a suite does when the database cannot be made clean."""

from __future__ import annotations

from testing.conftest import Project


def test_a_database_that_cannot_be_rewound_is_made_anew(project: Project) -> None:
    result = project.check(
        """
        from sqlalchemy import text
        from greenshift.postgres import DatabaseError

        def test_breaks(db, db_session, monkeypatch):
            db_session.execute(text("insert into customer (name) values ('anna')"))
            db_session.commit()
            original = type(db).rewind
            def refuse(self, *, wait):
                type(db).rewind = original
                raise DatabaseError("the server said no", "ask again")
            type(db).rewind = refuse

        def test_next(db_session):
            assert db_session.scalar(text("select count(*) from customer")) == 0
        """,
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_breaks*", "*the server said no*", "*fix: ask again*"])


def test_data_that_cannot_be_kept_is_said_and_the_next_test_is_clean(project: Project) -> None:
    result = project.check(
        """
        import pytest
        from sqlalchemy import text
        from greenshift.postgres import DatabaseError

        @pytest.mark.db(keep=True)
        def test_keeps(db, db_session):
            db_session.execute(text("insert into customer (name) values ('anna')"))
            db_session.commit()
            def refuse(name):
                raise DatabaseError("no room for it", "drop others")
            db.keep = refuse

        def test_next(db, db_session):
            del db.keep
            assert db_session.scalar(text("select count(*) from customer")) == 0
        """,
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*this test's data could not be kept: no room for it*"])
