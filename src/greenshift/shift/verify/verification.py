"""``verify``: both trees are run and walked, and the verdict is drawn."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

from greenshift.config import load_config
from greenshift.shift.verify.comparison.tests import RunComparison
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.judging import judge
from greenshift.shift.verify.running.databases import Choice, Databases, choose
from greenshift.shift.verify.running.interpreter import interpreter_of, opened
from greenshift.shift.verify.running.pytest_run import Tell, run_tests
from greenshift.shift.verify.running.trees import MakeTree, tree_before
from greenshift.shift.verify.steadiness import excuse_unsteady
from greenshift.shift.verify.transcript.records import RunRecord
from greenshift.shift.verify.verdict import Verdict
from greenshift.shift.verify.walk.findings import WalkSettings
from greenshift.shift.verify.walk.ground import Ground
from greenshift.shift.verify.walk.requests import Side
from greenshift.shift.verify.walk.walking import Walk, WalkSide

# A run after that takes so many times as long as the one before hangs.
_PATIENCE = 10
_AT_LEAST = 120.0


def verify(
    after: Path,
    *,
    before: Path | None = None,
    revision: str = "HEAD",
    tests: Sequence[str] = (),
    python: Path | None = None,
    python_before: Path | None = None,
    pytest_arguments: Sequence[str] = (),
    database: Choice = "auto",
    walk: bool = True,
    walk_settings: WalkSettings | None = None,
    make_before: MakeTree | None = None,
    progress: Tell = lambda _: None,
) -> Verdict:
    """Run an application's tests before and after, walk its API on both sides, and compare.

    Args:
        after: the application's folder as it is.
        before: its folder as it was; without it, what git has at ``revision``, in a temporary worktree, or outside
            of git what the journal of the last shift holds.
        revision: the git revision of the state before.
        tests: files, folders or node ids to run; none for all.
        python: the application's interpreter; else its own virtual environment's, else this one.
        python_before: the interpreter for the state before, where it needs another.
        pytest_arguments: further arguments for pytest, on both sides.
        database: ``postgresql`` or ``sqlite`` gives each side an empty database through the variables of
            ``[tool.greenshift] env`` (``DATABASE_URL``); ``own`` changes nothing; ``auto`` does what the
            application needs, and nothing where its tests bring their own.
        walk: whether to send requests beyond the tests.
        walk_settings: how many, to which application, with which headers.
        make_before: fills a folder with the state before, where neither a folder nor git has it.
        progress: is told how far it has come.

    Returns:
        The verdict.

    Raises:
        VerifyError: one side cannot be run, or there is nothing to compare.
        GreenshiftError: the configuration is wrong, or no PostgreSQL can be had.
    """
    after = after.resolve()
    if not after.is_dir():
        raise VerifyError(f"{after} is no folder", "name the application's folder")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="greenshift-verify-")))
        if before is None:
            before = stack.enter_context(tree_before(after, revision, make_before))
        elif not before.is_dir():
            raise VerifyError(f"{before} is no folder", "name the folder of the application before")
        before = before.resolve()
        config, config_before = load_config(after), load_config(before)
        if not config_before.configured:
            config_before = replace(config, root=before)
        program = python or interpreter_of(after)
        interpreter = stack.enter_context(opened(program))
        program_before = python_before or program
        interpreter_before = interpreter if program_before == program else stack.enter_context(opened(program_before))
        databases = stack.enter_context(Databases(config, choose(database, before, config), folder))
        labels = map("before{}".format, count())

        def run_before(chosen: Sequence[str]) -> RunRecord:
            return run_tests(
                "before",
                before,
                interpreter_before,
                folder,
                tests=chosen,
                arguments=pytest_arguments,
                variables=databases.variables(next(labels), interpreter_before, config_before, is_async=False),
                tell=progress,
            )

        was = run_before(tests)
        now = run_tests(
            "after",
            after,
            interpreter,
            folder,
            tests=tests,
            arguments=pytest_arguments,
            variables=databases.variables("after", interpreter, config, is_async=True),
            timeout=max(_AT_LEAST, _PATIENCE * was.seconds),
            tell=progress,
        )
        comparison = RunComparison(was, now)
        excuse_unsteady(comparison, run_before)
        if walk:
            sides: dict[Side, WalkSide] = {
                "before": WalkSide(before, interpreter_before, config_before),
                "after": WalkSide(after, interpreter, config),
            }
            ground = Ground(sides["before"], sides["after"], databases, folder)
            walked = Walk(sides, ground, walk_settings or WalkSettings(), folder, progress).run()
        else:
            walked = None
        return judge(was, now, comparison, walked)
