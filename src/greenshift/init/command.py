"""The work of ``greenshift init``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from greenshift.masking import mask, masked
from greenshift.patch import ChangeSet, recover, refuse_dirty
from greenshift.progress import spinner

if TYPE_CHECKING:
    from greenshift.init.planning import Plan
    from greenshift.init.proving import Proof

INIT_EXIT_CODES: Final = (
    "Exit codes: 0 all was found (and with --write proved); 1 shown or written, but something is not sure or the proof "
    "failed; 2 wrong use, or a failure, of which one line says what happened and one what to do."
)
UNSURE: Final = 1


def init_command(
    path: Annotated[
        Path, typer.Argument(help="The application's folder.", metavar="[PATH]", show_default=False)
    ] = Path("."),
    write: Annotated[
        bool, typer.Option("--write", help="Write the changes and prove them by a test; else they are only shown.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Rewrite the tests' own fixtures, too: pytest-postgresql, pytest-sqla, testcontainers, conftest, or "
            "auto for what is found.",
            metavar="WHAT",
            show_default=False,
        ),
    ] = None,
    with_test: Annotated[
        bool, typer.Option("--with-test", help="Write the test that proves it, too: test_greenshift.py.")
    ] = False,
    proof: Annotated[bool, typer.Option("--proof/--no-proof", help="With --write: run one test.")] = True,
    python: Annotated[
        Path | None,
        typer.Option(
            help="The Python that runs the tests; else the project's .venv, else this one.", metavar="PROGRAM"
        ),
    ] = None,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Also where git has uncommitted changes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at a project and set it up: its table in pyproject.toml, proved by a test. It imports nothing to look.

    `greenshift rollback` takes back what was written.
    """
    from greenshift.init.errors import InitError
    from greenshift.init.planning import make_plan
    from greenshift.shift.verify.running.interpreter import interpreter_of

    if not path.is_dir():
        raise InitError(f"{path} is no folder", "give the application's folder: greenshift init FOLDER")
    root = path.resolve()
    program = python.absolute() if python is not None else interpreter_of(root)
    if not program.is_file():
        raise InitError(f"{program} does not exist", "name the Python that runs the tests by --python")
    for recovered in recover(path):
        print(recovered, file=sys.stderr)
    if write:
        refuse_dirty(path, allow_dirty=allow_dirty)
    with spinner() as progress:
        progress.add_task("looking at the project", total=None)
        plan = make_plan(root, program=program, source=source, with_test=with_test)
    proved: Proof | None = None
    if write:
        plan.changes.apply(label="init")
        if proof:
            from greenshift.init.proving import prove

            with spinner() as progress:
                progress.add_task("running a test", total=None)
                proved = prove(root, program, plan.findings, written=plan.test)
    if as_json:
        print(json.dumps(masked(_as_dict(plan, proved, written=write))))
    else:
        _show(plan, proved, written=write, proof=proof)
    if plan.findings.questions or plan.left or (proved is not None and proved.failures):
        raise typer.Exit(UNSURE)


def _as_dict(plan: Plan, proved: Proof | None, *, written: bool) -> dict[str, object]:
    found = plan.findings
    return {
        "found": [{"what": one.what, "value": one.value, "place": one.place} for one in found.found],
        "unsure": [{"problem": one.problem, "change": one.change} for one in found.questions],
        "table": found.table,
        "rewritten": plan.rewritten,
        "left": [{"place": one.place, "reason": one.reason} for one in plan.left],
        "notes": plan.notes,
        "files": [one.path for one in plan.changes.changes],
        "written": written,
        "difference": None if written else plan.changes.shown_difference(),
        "proof": None
        if proved is None
        else {
            "python": str(proved.python),
            "passed": proved.passed,
            "failed": [
                {"part": one.part, "reason": one.reason, "place": one.place, "fix": one.fix} for one in proved.failures
            ],
        },
    }


def _show(plan: Plan, proved: Proof | None, *, written: bool, proof: bool) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False, markup=False)

    def say(line: str) -> None:
        console.print(mask(line))

    if not written:
        plan.changes.print_difference()
        sys.stdout.flush()
    say("found")
    wide = max((len(one.what) for one in plan.findings.found), default=0)
    for one in plan.findings.found:
        say(f"  {one.what:<{wide}}  {one.value}{f'  ({one.place})' if one.place else ''}")
    if plan.rewritten:
        say("rewritten")
        for line in plan.rewritten:
            say(f"  {line}")
    if plan.left:
        say("left as it is")
        for left in plan.left:
            say(f"  {left.place}: {left.reason}")
    if plan.findings.questions:
        say("not sure")
        for number, question in enumerate(plan.findings.questions, 1):
            say(f"  {number}. {question.problem}\n     change: {question.change}")
    for note in plan.notes:
        say(f"note: {note}")
    if proved is not None:
        say("proof")
        for part in proved.passed:
            say(f"  passed: {part}")
        for failure in proved.failures:
            place = f" ({failure.place})" if failure.place else ""
            say(f"  FAILED: {failure.part}{place}: {failure.reason}\n     fix: {failure.fix}")
    _end(console, plan.changes, proved, written=written, proof=proof)


def _end(console: Console, changes: ChangeSet, proved: Proof | None, *, written: bool, proof: bool) -> None:
    names = ", ".join(one.path for one in changes.changes)
    if not changes:
        console.print("nothing to write: all is there already")
    elif written:
        console.print(f"wrote {names}; `greenshift rollback` takes it back")
    else:
        console.print(f"would write {names}: add --write, which proves it by a test as well")
    if written and not proof:
        console.print("not proved: --no-proof")
    elif proved is not None and not proved.failures:
        console.print("next: write a test that asks for db_session, async_db_session or async_client")
