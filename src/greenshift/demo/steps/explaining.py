"""One ``MissingGreenlet``, of a function that somebody writes after the shift."""

from __future__ import annotations

import re
from typing import Final

from greenshift.demo.errors import StepError
from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell
from greenshift.demo.steps.testing import new_database
from greenshift.demo.suite import run_tests
from greenshift.report.page import Code, Outcome, Page, Section, Verdict

SERVICE: Final = "api/services/attempt_service.py"
TEST: Final = "tests/services/test_attempt_service.py"
# Sync code reads a relationship wherever it likes; this does, too.
_SERVICE_TEXT: Final = '''"""Attempts at an exam: written after the shift, with a mistake that sync code knows not."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.models import Exam


async def attempts_at(db: AsyncSession, title: str) -> int:
    """How often the exam of that title was begun."""
    exam = (await db.scalars(select(Exam).where(Exam.title == title))).one()
    return len(exam.attempts)
'''
_TEST_TEXT: Final = """from api.services.attempt_service import attempts_at
from tests.factories import TestingSession


async def test_nobody_has_begun(exam):
    async with TestingSession.session_factory() as db:
        assert await attempts_at(db, exam.title) == 0
"""
_HEAD: Final = re.compile(r"^-+ greenshift explains -+$")
_RULE: Final = re.compile(r"^[-=_]{3,}")
_DATABASE: Final = "exams_explained"


def explain_error(ground: Ground, tell: Tell) -> Found:
    """Write the function and its test, run it, and show what pytest's report says below the error.

    Raises:
        StepError: the test passes, or nothing explains its failure.
    """
    (ground.after / SERVICE).write_text(_SERVICE_TEXT, encoding="utf-8")
    (ground.after / TEST).write_text(_TEST_TEXT, encoding="utf-8")
    new_database(ground, _DATABASE)
    tell("a test that reads a relationship which nothing has loaded")
    variables = {"TEST_DATABASE_URL": ground.database_url(_DATABASE, "asyncpg")}
    assert ground.server is not None
    # Without a [tool.greenshift] table of the example's, naming a server is what turns Greenshift's reports on.
    run = run_tests(ground.after, (f"--db-url={ground.server.url()}", TEST), variables, tell)
    section = _section(run.output)
    if not run.failed or not section:
        problem = "no MissingGreenlet was met" if not run.failed else "pytest's report explains nothing"
        raise StepError(problem, f"try it: cd {ground.after} && pytest {TEST}", run.output[-12:])
    lines = tuple(line.replace(f"{ground.after}/", "") for line in section)
    page = Page(
        kind="test",
        title="exams-async",
        subtitle="What pytest's report says below a MissingGreenlet",
        verdicts=(Verdict(TEST, Outcome.NEUTRAL, run.words, lines[0]),),
        sections=(
            Section(
                "What was written, and what pytest says",
                (
                    Code(_SERVICE_TEXT.rstrip("\n"), "python", SERVICE, 1),
                    Code("\n".join(lines), title="greenshift explains"),
                ),
            ),
        ),
    )
    data = {"test": TEST, "service": SERVICE, "failed": run.failed, "explanation": list(lines)}
    return Found(f"{run.words}, as it should: {lines[0]}", ("greenshift explains:", *lines[1:]), data, page)


def _section(output: tuple[str, ...]) -> list[str]:
    """Return what stands between the section's head and the next rule."""
    start = next((index for index, line in enumerate(output) if _HEAD.match(line)), None)
    if start is None:
        return []
    section: list[str] = []
    for line in output[start + 1 :]:
        if _RULE.match(line):
            break
        section.append(line)
    return section
