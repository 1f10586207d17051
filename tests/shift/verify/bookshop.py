"""The bookshop before, run once, and its async twins held against it."""

from __future__ import annotations

from pathlib import Path

from twins import ASYNC, SYNC, Change, write

from greenshift.application.interpreter import Interpreter
from greenshift.config import Config
from greenshift.shift.verify.comparison.tests import RunComparison
from greenshift.shift.verify.judging import judge
from greenshift.shift.verify.running.databases import Databases
from greenshift.shift.verify.running.pytest_run import run_tests
from greenshift.shift.verify.transcript.records import RunRecord
from greenshift.shift.verify.verdict import Verdict


class Shop:
    """The bookshop before, run once, and whatever is to be held against it."""

    def __init__(self, kind: str, folder: Path, interpreter: Interpreter, url: str | None) -> None:
        self._folder = folder
        self._interpreter = interpreter
        self._config = Config(root=folder, url=url)
        self._databases = Databases(self._config, "postgresql" if kind == "postgresql" else "sqlite", folder)
        self._count = 0
        self.before = self._run("before", SYNC, ())

    def _run(
        self, side: str, files: dict[str, str], changes: tuple[Change, ...], tests: tuple[str, ...] = ()
    ) -> RunRecord:
        self._count += 1
        tree = write(self._folder / f"{side}{self._count}", files, *changes)
        is_async = side == "after"
        label = f"{side}{self._count}"
        return run_tests(
            "after" if is_async else "before",
            tree,
            self._interpreter,
            self._folder,
            tests=tests,
            variables=self._databases.variables(label, self._interpreter, self._config, is_async=is_async),
        )

    def check(self, *changes: Change) -> Verdict:
        """Run the async twin, changed, and compare."""
        after = self._run("after", ASYNC, changes)
        return judge(self.before, after, RunComparison(self.before, after), None)

    def close(self) -> None:
        self._databases.__exit__(None, None, None)
