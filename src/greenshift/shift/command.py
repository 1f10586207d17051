"""The work of ``greenshift shift`` and ``greenshift scan``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from greenshift.masking import mask, masked
from greenshift.patch import ChangeSet, recover, refuse_dirty
from greenshift.progress import spinner
from greenshift.shift.errors import ShiftError

if TYPE_CHECKING:
    from greenshift.shift.api import Plan
    from greenshift.shift.rewrite.options import Options

FINDINGS = 1
STAGES = ("modernize", "prepare", "flip")
PathArgument = Annotated[Path, typer.Argument(help="The application's folder.", metavar="[PATH]", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def shift_command(
    path: PathArgument = Path("."),
    write: Annotated[bool, typer.Option("--write", help="Write the changes; else they are only shown.")] = False,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", help="A stage to run (modernize, prepare, flip); all of them by default."),
    ] = None,
    bridge: Annotated[
        str, typer.Option("--bridge", help="What runs inside run_sync: barriers, all or none.")
    ] = "barriers",
    loading: Annotated[
        str, typer.Option("--loading", help="Relationships that cannot be proved: query, model or awaitable.")
    ] = "query",
    tests: Annotated[
        str, typer.Option("--tests", help="The application's own fixtures made async (own), or greenshift's.")
    ] = "own",
    driver: Annotated[
        str,
        typer.Option("--driver", help="For PostgreSQL: asyncpg, psycopg, or auto (asyncpg if it takes all values)."),
    ] = "auto",
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Also where git has uncommitted changes.")] = False,
    heal: Annotated[bool, typer.Option("--heal", help="With --write: repair what its tests still find.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the shift as a page to this file.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Move a sync SQLAlchemy application to asyncio as a whole: a diff, or with --write the change itself.

    `greenshift rollback` takes it back exactly, also without git.
    """
    from greenshift.shift.rewrite.options import Options

    options = Options(
        bridge=_one_of(bridge, "--bridge", ("barriers", "all", "none")),  # type: ignore[arg-type]
        loading=_one_of(loading, "--loading", ("query", "model", "awaitable")),  # type: ignore[arg-type]
        tests=_one_of(tests, "--tests", ("own", "greenshift")),  # type: ignore[arg-type]
        postgres_driver=_one_of(driver, "--driver", ("auto", "asyncpg", "psycopg")),  # type: ignore[arg-type]
    )
    stages = _stages(stage)
    if heal and not write:
        raise ShiftError("--heal changes files", "add --write")
    if html is not None:
        from greenshift.report.html import check_page_file

        check_page_file(html)
    if path.is_dir():
        for recovered in recover(path):
            print(recovered, file=sys.stderr)
    if write:
        refuse_dirty(path, allow_dirty=allow_dirty)
    plan = _plan(path, options, stages)
    if write:
        plan.changes.apply()
    if html is not None:
        from greenshift.report.html import write_page
        from greenshift.shift.page import page_of

        write_page(page_of(plan, written=write), html)
    if as_json:
        difference = None if write else plan.changes.shown_difference()
        print(json.dumps(masked({**plan.as_dict(), "written": write, "difference": difference})))
    else:
        _show(plan, plan.changes, written=write)
    if heal:
        from greenshift.shift.heal.command import heal_command

        heal_command(path)


def _plan(path: Path, options: Options, stages: tuple[str, ...]) -> Plan:
    from greenshift.shift.api import plan_shift  # the other commands need not wait for its import

    with spinner() as progress:
        task = progress.add_task("reading", total=None)
        return plan_shift(
            path,
            options=options,
            stages=stages,
            progress=lambda stage, count: progress.update(task, description=f"{stage}: {count} functions"),
        )


def _show(plan: Plan, changes: ChangeSet, *, written: bool) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    if not written:
        changes.print_difference()
    for skipped in plan.skipped:
        console.print(mask(f"left as it is: {skipped.file}: {skipped.reason}"), markup=False)
    for note in plan.notes:
        console.print(mask(f"note: {note}"), markup=False)
    for left in plan.left:
        console.print(mask(f"{left.place}: {left.kind}: {left.reason}"), markup=False)
    verb = "changed" if written else "would change"
    if not changes:
        console.print("nothing to change")
        return
    console.print(f"{len(changes.changes)} files {verb}", markup=False)
    if plan.native or plan.bridged or plan.unchanged:
        total = plan.native + plan.bridged + plan.unchanged
        console.print(
            f"database calls: {plan.native} native, {plan.bridged} bridged, {plan.unchanged} left sync"
            f" ({100 * plan.native / total:.0f} % native)",
            markup=False,
        )
    if written:
        console.print("next: `greenshift verify` proves it; `greenshift rollback` takes it back", markup=False)
    else:
        console.print("nothing is written yet: add --write", markup=False)


def _stages(chosen: list[str] | None) -> tuple[str, ...]:
    if not chosen:
        return STAGES
    names = [name for one in chosen for name in one.split(",")]
    for name in names:
        _one_of(name, "--stage", (*STAGES, "all"))
    return STAGES if "all" in names else tuple(stage for stage in STAGES if stage in names)


def _one_of(value: str, option: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ShiftError(f"{option} {value}: no such choice", f"choose one of {', '.join(allowed)}")
    return value
