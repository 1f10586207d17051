"""What logs do to tracebacks, case by case."""

from __future__ import annotations

import pytest

from greenshift.explain import Failure
from greenshift.explain.text import parse, read

GREENLET = "greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in an unexpected place?"


def chain(failure: Failure) -> list[tuple[str, str, str]]:
    return [(one.module, one.type_name, one.message) for one in failure.chain]


@pytest.mark.parametrize(
    "line",
    [
        f"sqlalchemy.exc.MissingGreenlet: {GREENLET}",
        f"MissingGreenlet: {GREENLET}",
        f"ERROR: sqlalchemy.exc.MissingGreenlet: {GREENLET}",
        f"2026-01-31 10:00:00,123 ERROR app.web: request failed: sqlalchemy.exc.MissingGreenlet: {GREENLET}",
        f"web-1  | 10:00:00 [error] failed (MissingGreenlet: {GREENLET}",
        f"E   sqlalchemy.exc.MissingGreenlet: {GREENLET}",
        f"FAILED tests/test_a.py::test_b[one two] - sqlalchemy.exc.MissingGreenlet: {GREENLET}",
    ],
)
def test_the_last_line_alone(line: str) -> None:
    [failure] = parse(f"INFO: before\n{line}\nINFO: after\n")

    [(_, name, message)] = chain(failure)
    assert (name, message) == ("MissingGreenlet", GREENLET)
    assert failure.frames == ()


@pytest.mark.parametrize(
    "text",
    [
        "INFO: 3 errors: none serious\nDETAIL: x",
        "the error was: nothing",
        "Note: this is prose about a traceback",
        '  File "/app/x.py", line 3, in f\n    g()\n',
        "Traceback (most recent call last):\n",
        "app: Worker: done\n{}\n[]\n",
    ],
)
def test_what_is_no_error(text: str) -> None:
    assert parse(text) == []


def test_messages_of_several_lines_with_the_statement() -> None:
    message = (
        '(psycopg.errors.NotNullViolation) null value in column "name" violates not-null constraint\n'
        "DETAIL:  Failing row contains (1, null).\n"
        "\n"
        "[SQL: INSERT INTO account (name)\n"
        "\n"
        "VALUES (%(name)s)]\n"
        "[parameters: {'name': None}]\n"
        "(Background on this error at: https://sqlalche.me/e/20/gkpj)"
    )
    [failure] = parse(f"sqlalchemy.exc.IntegrityError: {message}\n\nSome prose that has nothing to do with it.\n")

    first, driver = chain(failure)
    assert first == ("sqlalchemy.exc", "IntegrityError", message)
    assert driver == ("psycopg.errors", "NotNullViolation", message.partition("\n\n[SQL")[0].partition(") ")[2])


def test_the_drivers_exceptions_are_taken_from_the_message() -> None:
    wrapped = (
        "sqlalchemy.exc.InterfaceError: (sqlalchemy.dialects.postgresql.asyncpg.InterfaceError) "
        "<class 'asyncpg.exceptions._base.InterfaceError'>: cannot perform operation: another operation is in "
        "progress\n[SQL: SELECT 1]\n"
    )
    autoflushed = "(raised as a result of Query-invoked autoflush; consider using a session.no_autoflush block)"

    [failure] = parse(wrapped)
    assert [name for _, name, _ in chain(failure)] == ["InterfaceError"]

    [failure] = parse(
        f"sqlalchemy.exc.IntegrityError: {autoflushed}\n(sqlalchemy.dialects.postgresql.asyncpg.IntegrityError) "
        "<class 'asyncpg.exceptions.UniqueViolationError'>: duplicate key value\n[SQL: INSERT]\n"
    )
    assert chain(failure)[-1] == ("asyncpg.exceptions", "UniqueViolationError", "duplicate key value")


def test_the_error_that_an_earlier_one_left_behind_is_not_taken_for_this_one() -> None:
    [failure] = parse(
        "sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous "
        "exception during flush. Original exception was: (psycopg.errors.UniqueViolation) duplicate key value\n"
    )

    assert [name for _, name, _ in chain(failure)] == ["PendingRollbackError"]


WARNED = "/srv/app/orders.py:31: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited\n"


def test_a_coroutine_that_was_never_awaited() -> None:
    [failure] = parse(f"INFO: x\n{WARNED}  session.commit()\nRuntimeWarning: Enable tracemalloc to get the traceback\n")

    [raised] = failure.chain
    assert (raised.type_name, raised.message) == ("RuntimeWarning", "coroutine 'AsyncSession.commit' was never awaited")
    [frame] = raised.frames
    assert (frame.file, frame.line, frame.code, frame.user) == ("/srv/app/orders.py", 31, "session.commit()", True)


def test_where_it_was_made_in_development_mode() -> None:
    created = (
        'Coroutine created at (most recent call last)\n  File "/srv/app/orders.py", line 30, in save\n    s.commit()\n'
    )
    after = 'Traceback (most recent call last):\n  File "/srv/app/a.py", line 1, in f\n    g()\nKeyError: 1\n'

    warned, other = parse(f"sys:1: RuntimeWarning: coroutine 'f' was never awaited\n{created}{after}")

    assert "/srv/app/orders.py" in warned.text
    assert [frame.file for frame in other.frames] == ["/srv/app/a.py"]


def traceback(name: str, message: str) -> str:
    return f'Traceback (most recent call last):\n  File "/srv/{name}.py", line 1, in f\n    g()\n{message}\n'


def test_each_failure_has_only_its_own_text() -> None:
    log = (
        "ERROR sqlalchemy.pool Exception terminating connection <AdaptedConnection>\n"
        + traceback("one", "RuntimeError: Event loop is closed")
        + "2026-01-31 10:00:00 INFO next\n"
        + traceback("two", "KeyError: 1")
    )

    first, second = parse(log)

    assert "Exception terminating connection" in first.text
    assert "KeyError" not in first.text
    assert "Event loop" not in second.text


def test_the_same_error_is_counted_and_its_summary_is_not() -> None:
    one = traceback("one", f"sqlalchemy.exc.MissingGreenlet: {GREENLET}")
    summary = "FAILED tests/test_a.py::test_b - sqlalchemy.exc.MissingGreenlet: greenlet_spawn has n...\n"

    [finding] = read(f"{one}\n2026-01-31 10:00:00 INFO next\n{one}\n{summary}")

    assert finding.count == 2
    assert finding.explanation is not None


def test_the_same_error_in_two_texts_is_one() -> None:
    [finding] = read(traceback("one", "KeyError: 1"), traceback("one", "KeyError: 1"))

    assert (finding.count, finding.explanation) == (2, None)


def test_a_traceback_that_was_cut_off_leaves_the_next_alone() -> None:
    cut = 'Traceback (most recent call last):\n  File "/srv/old.py", line 9, in old\n    old()\n'

    [failure] = parse(cut + traceback("one", "KeyError: 1"))

    assert [frame.file for frame in failure.frames] == ["/srv/one.py"]


SUMMARY = (
    "greenshift.explain.witness.ExplainedMissingGreenlet: greenlet_spawn has not been called; can't call await_only() "
    "here: Account.owner is not loaded, and was read outside the session's await\n"
    "lazy relationship: Account.owner is a relationship that is not loaded, read outside the session's await\n"
    "  fix: add .options(selectinload(Account.owner)) to the statement at service.py:25 "
    "(Background on this error at: https://sqlalche.me/e/21/xd2s)\n"
)


@pytest.mark.parametrize("text", [SUMMARY, traceback("one", SUMMARY)], ids=["alone", "with frames"])
def test_what_was_known_when_it_was_raised_is_kept(text: str) -> None:
    [finding] = read(text)

    explanation = finding.explanation
    assert explanation is not None
    assert explanation.kind == "lazy relationship"
    assert explanation.headline.startswith("Account.owner is a relationship that is not loaded")
    assert explanation.fix == "add .options(selectinload(Account.owner)) to the statement at service.py:25"
    assert explanation.unknown == ()
    assert [place.file for place in explanation.where] == (["/srv/one.py"] if text != SUMMARY else [])
