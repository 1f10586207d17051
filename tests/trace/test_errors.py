"""SQLAlchemy's errors are seen as they are made, also those that are swallowed."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import InvalidRequestError, NoResultFound, ProgrammingError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError
from tree import Branch

from greenshift import trace


def test_each_error_is_told_with_its_message_and_frame(engine: Engine) -> None:
    told: list[tuple[type[SQLAlchemyError], str]] = []
    names: list[str] = []

    def made(error: SQLAlchemyError, frame: object) -> None:
        told.append((type(error), str(error.args[0])[:20]))
        names.extend(one.f_code.co_name for one in trace.frames_from(frame))  # type: ignore[arg-type]

    with trace.on_error(made), Session(engine) as session:
        branch = session.scalars(select(Branch)).one()
        session.expunge(branch)
        with pytest.raises(DetachedInstanceError):
            branch.leaves  # noqa: B018
        with pytest.raises(NoResultFound):
            session.scalars(select(Branch).where(Branch.id == -1)).one()
        with pytest.raises(ProgrammingError):
            session.execute(text("select nothing_of_the_sort"))
    assert [kind for kind, _ in told] == [DetachedInstanceError, NoResultFound, ProgrammingError]
    assert told[0][1] == "Parent instance <Bra"
    assert "test_each_error_is_told_with_its_message_and_frame" in names


def test_codes_and_arguments_of_errors_stay_as_they_are() -> None:
    with trace.on_error(lambda error, frame: None):
        error = InvalidRequestError("no", code="xd2s")
    assert error.args == ("no",)
    assert error.code == "xd2s"


def test_nothing_is_replaced_while_nobody_listens() -> None:
    before = SQLAlchemyError.__init__
    assert "__init__" not in vars(SQLAlchemyError)
    with trace.on_error(lambda error, frame: None):
        assert SQLAlchemyError.__init__ is not before
    assert SQLAlchemyError.__init__ is before
    assert "__init__" not in vars(SQLAlchemyError)
