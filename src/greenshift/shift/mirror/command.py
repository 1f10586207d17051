"""The work of ``greenshift mirror``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenshift.errors import GreenshiftError
from greenshift.progress import spinner
from greenshift.shift.errors import ShiftError

if TYPE_CHECKING:
    from greenshift.shift.mirror.api import Mirror

BEHIND = 1
FAILED = 2


def mirror_command(
    files: Annotated[list[Path], typer.Argument(help="Files of sync tests.", metavar="FILE...", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The mirror of the one file; else test_async_... beside it.", metavar="FILE"
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where a mirror has fallen behind.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also write over generated functions that were edited by hand.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the async mirror of sync tests, or bring it up to date.

    The same tests against the async API, fixtures and helpers included; what was written by hand around them stays.
    `greenshift rollback` takes it back.
    """
    from greenshift.shift.mirror.api import plan_mirror  # the other commands need not wait for its import

    if output is not None and len(files) > 1:
        raise ShiftError("--output names the mirror of one file", "run it once for each file")
    if check and force:
        raise ShiftError("--check writes nothing, --force writes", "choose one of them")
    mirrors: list[Mirror] = []
    failed: list[tuple[Path, GreenshiftError]] = []
    for file in files:
        with spinner() as progress:
            progress.add_task(f"reading {file}", total=None)
            try:
                mirrors.append(plan_mirror(file, output=output, force=force))
            except GreenshiftError as error:
                if len(files) == 1:
                    raise
                # The other files have mirrors nevertheless.
                failed.append((file, error))
    if not check and not diff:
        for mirror in mirrors:
            mirror.changes.apply(label="mirror")
    if as_json:
        found = [{**one.as_dict(), "written": not (check or diff)} for one in mirrors]
        lost = [{"source": str(file), "error": one.problem, "fix": one.fix} for file, one in failed]
        print(json.dumps([*found, *lost]))
    else:
        for mirror in mirrors:
            if diff:
                mirror.changes.print_difference()
            _show(mirror, check=check, written=not (check or diff))
    for file, problem in failed:
        named = "" if file.name in problem.problem else f"{file}: "
        print(f"error: {named}{problem.problem}\nfix: {problem.fix}", file=sys.stderr)
    if failed:
        raise typer.Exit(FAILED)
    if check and any(not one.exists or one.differences for one in mirrors):
        raise typer.Exit(BEHIND)


def _show(mirror: Mirror, *, check: bool, written: bool) -> None:
    if check and not mirror.exists:
        print(f"{mirror.source} has no mirror: greenshift mirror {mirror.source}")
    for one in mirror.differences:
        if check or one.what == "edited":
            place = f"{mirror.file}:{one.line}" if one.line else mirror.file
            print(f"{place}: {one.name}: {one.reason}")
    for left in mirror.left_out:
        print(left, file=sys.stderr)
    if not check:
        said = ("written" if written else "would be written") if mirror.changes else "is up to date"
        print(f"{mirror.file}: {said}, {mirror.tests} tests", file=sys.stderr)
