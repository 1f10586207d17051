"""The loop: edits of explanations are applied, the tests run again, and what did not help is undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from greenshift.explain.editing import EditError, contents
from greenshift.patch import Change, ChangeSet, combine, locked, recover, rollback
from greenshift.shift.heal.candidates import Remedy, compatible, remedies
from greenshift.shift.heal.errors import HealError
from greenshift.shift.heal.outcomes import OUTSIDE, Failure, Run
from greenshift.shift.heal.protection import refusal
from greenshift.shift.heal.result import Healed, Left, MadeEdit
from greenshift.shift.heal.running import TestRunner, opened_runner
from greenshift.shift.verify.running.databases import Choice
from greenshift.shift.verify.running.interpreter import interpreter_of

Tell = Callable[[str], object]
LABEL = "heal"


def heal(
    root: Path,
    *,
    python: Path | None = None,
    tests: Sequence[str] = (),
    pytest_arguments: Sequence[str] = (),
    limit: int = 10,
    timeout: float | None = None,
    database: Choice = "auto",
    progress: Tell = lambda _: None,
) -> Healed:
    """Repair what an application's tests find, until they pass or nothing helps any more.

    Args:
        root: the application's folder.
        python: its interpreter; else its own virtual environment's, else this one.
        tests: files, folders or names of tests; none for all.
        pytest_arguments: further arguments for pytest.
        limit: how many times edits are tried.
        timeout: seconds after which a run of the tests is ended.
        database: ``postgresql`` or ``sqlite`` gives each run an empty database through the variables of
            ``[tool.greenshift] env`` (``DATABASE_URL``); ``own`` sets nothing; ``auto`` does what the application
            needs, and nothing where its tests bring their own.
        progress: is told what is done, a line each.

    Returns:
        What became of it. All edits that stayed are one change, which ``greenshift rollback`` takes back.

    Raises:
        HealError: the tests cannot be run.
        VerifyError: neither can the recorder, in the application's Python.
        PatchError: a file cannot be written, or another run is at work.
    """
    if not root.is_dir():
        raise HealError(f"{root} is no folder", "name the folder of the application")
    root = root.resolve()
    with locked(root):
        for one in recover(root):
            progress(str(one))
        with opened_runner(root, python or interpreter_of(root), pytest_arguments, timeout, database) as runner:
            return _Healing(root, runner, tests, limit, progress).go()


@dataclass
class _Trial:
    """Remedies that are in the files, and not yet known to be good.

    Args:
        latest: how the tests went with them.
        remedies: the remedies, the oldest first.
    """

    latest: Run
    remedies: list[Remedy] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the last remedy's tests pass."""
        return bool(self.remedies) and not any(test in self.latest.failures for test in self.remedies[-1].tests)


class _Healing:
    def __init__(self, root: Path, runner: TestRunner, tests: Sequence[str], limit: int, progress: Tell) -> None:
        self._root, self._runner, self._tests, self._limit, self._tell = root, runner, tests, limit, progress
        self._rounds = 0
        self._tried: set[frozenset[tuple[str, str, str]]] = set()
        self._one_by_one = False
        # Names of changes in the history, the oldest first.
        self._on_trial: list[str] = []
        self._kept: list[str] = []
        self._edits: list[MadeEdit] = []
        self._undone: list[MadeEdit] = []

    def go(self) -> Healed:
        first = self._run(self._tests)
        if not first.passed and not first.failures:
            raise HealError("there are no tests", f"name them, or try: cd {self._root} && pytest")
        try:
            base = self._repair(first)
        except BaseException:
            self._undo()
            raise
        change = combine(self._root, self._kept, label=LABEL) if self._kept else None
        return self._result(first, base, change)

    def _repair(self, base: Run) -> Run:
        """Try remedies until nothing fails or nothing is left to try; return how the tests go in the end."""
        trial = _Trial(base)
        while trial.latest.failures and self._rounds < self._limit:
            chosen = compatible(remedies(trial.latest, self._root, self._tried))
            if self._one_by_one:
                chosen = chosen[:1]
            if not chosen and not trial.remedies:
                break
            if chosen and not (self._one_by_one and trial.is_over):
                trial = self._try(chosen, trial)
                if trial.latest.failures:
                    continue
            base = self._settle(trial, base)
            trial = _Trial(base)
        return self._settle(trial, base) if trial.remedies else base

    def _try(self, chosen: Sequence[Remedy], trial: _Trial) -> _Trial:
        """Apply remedies and run the tests that they are for; undone at once if one did nothing for its tests."""
        self._rounds += 1
        before = trial.latest
        for remedy in chosen:
            for index in range(len(remedy.edits)):
                self._tell(f"edit: {_made(remedy, index, self._root)}")
        if not self._apply(chosen):
            return trial
        try:
            # Of the other failures nothing fresh is known from here on: the edits have moved their lines.
            concerned = sorted({test for one in (*trial.remedies, *chosen) for test in one.tests})
            now = self._run(self._tests if OUTSIDE in concerned else concerned)
        except HealError:
            self._undo(1)
            self._blame(chosen, "the tests cannot be run with it")
            return trial
        useless = [one for one in chosen if not _did_something(one, before, now)]
        if useless:
            self._undo(1)
            self._give_up(useless, "the same failure came again")
            return trial
        return _Trial(now, [*trial.remedies, *chosen])

    def _settle(self, trial: _Trial, base: Run) -> Run:
        """Keep what is on trial if it heals tests and harms none; return how the tests go with what stays."""
        stuck = [one for one in trial.remedies if all(test in trial.latest.failures for test in one.tests)]
        if stuck:
            self._undo()
            self._give_up(stuck, "the tests fail in another way with it")
            return base
        try:
            now = self._run(self._tests)
        except HealError:
            self._undo()
            self._blame(trial.remedies, "the tests cannot be run with it")
            return base
        harmed = now.failures.keys() - base.failures.keys()
        if harmed or len(now.failures) >= len(base.failures):
            self._undo()
            count = f"{len(harmed)} other test{'' if len(harmed) == 1 else 's'}"
            self._blame(trial.remedies, f"{count} failed with it" if harmed else "no test was healed by it")
            return base
        self._kept += self._on_trial
        self._on_trial = []
        self._one_by_one = False
        self._edits += [_made(one, index, self._root) for one in trial.remedies for index in range(len(one.edits))]
        return now

    def _apply(self, chosen: Sequence[Remedy]) -> bool:
        try:
            files = contents(edit for one in chosen for edit in one.edits)
        except EditError as error:
            self._blame(chosen, error.problem)
            return False
        changes = [
            Change(path.resolve().relative_to(self._root).as_posix(), old, new) for path, (old, new) in files.items()
        ]
        name = ChangeSet(self._root, changes).apply(label=LABEL).id
        if name is None:
            self._give_up(chosen, "it changes nothing")
            return False
        self._on_trial.append(name)
        return True

    def _undo(self, count: int | None = None) -> None:
        """Undo the last changes on trial, or all of them."""
        for _ in range(len(self._on_trial) if count is None else count):
            rollback(self._root)
            self._on_trial.pop()

    def _blame(self, suspects: Sequence[Remedy], reason: str) -> None:
        """Give up a remedy that did harm; of several, find out which by trying them one by one."""
        if len(suspects) > 1 and not self._one_by_one:
            self._one_by_one = True
        else:
            self._give_up(suspects, reason)

    def _give_up(self, given_up: Sequence[Remedy], reason: str) -> None:
        for one in given_up:
            self._tried.add(one.identity)
            for index in range(len(one.edits)):
                made = _made(one, index, self._root, reason)
                self._undone.append(made)
                self._tell(f"undone: {made.file}:{made.line}  {made.title}: {reason}")

    def _run(self, tests: Sequence[str]) -> Run:
        run = self._runner.run(tests)
        self._tell(f"passed: {len(run.passed)}, failed: {len(run.failures)}")
        return run

    def _result(self, first: Run, last: Run, change: str | None) -> Healed:
        left = [self._left(one) for one in last.failures.values()]
        healed = sorted(first.failures.keys() - last.failures.keys())
        return Healed(
            green=last.green,
            healed=tuple(self._short(one) for one in healed),
            left=tuple(left),
            edits=tuple(self._edits),
            undone=tuple(self._undone),
            rounds=self._rounds,
            passed=len(last.passed),
            change=change,
        )

    def _left(self, failure: Failure) -> Left:
        explanations = tuple(one.explanation for one in failure.findings)
        refused = [why for one in explanations for edit in one.edits if (why := refusal(edit, self._root)) is not None]
        if not explanations:
            reason = "the catalogue of errors has no such entry"
        elif not any(one.edits for one in explanations):
            reason = "what to write is a choice, or cannot be told"
        elif refused:
            reason = refused[0]
        else:
            reason = "its edits did not help" if self._rounds < self._limit else "the limit of rounds is reached"
        return Left(
            self._short(failure.test), failure.message.partition("\n")[0], self._short(failure.at), explanations, reason
        )

    def _short(self, name: str) -> str:
        return name.removeprefix(f"{self._root}/")


def _did_something(remedy: Remedy, before: Run, now: Run) -> bool:
    """Whether a test of a remedy passes, or fails in another way, than without it."""
    for test in remedy.tests:
        failure = now.failures.get(test)
        if failure is None or failure.signature != before.failures[test].signature:
            return True
    return False


def _made(remedy: Remedy, index: int, root: Path, reason: str = "") -> MadeEdit:
    edit = remedy.edits[index]
    file = Path(edit.file).resolve().relative_to(root).as_posix()
    tests = tuple(one.removeprefix(f"{root}/") for one in remedy.tests)
    return MadeEdit(file, edit.line, edit.title, remedy.explanation.kind, remedy.explanation.headline, tests, reason)
