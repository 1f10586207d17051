"""The work of ``greenshift scan``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from greenshift.masking import mask, masked
from greenshift.progress import spinner
from greenshift.shift.errors import ShiftError

if TYPE_CHECKING:
    from greenshift.shift.scan.inventory import Inventory

FINDINGS = 1


def scan_command(
    path: Annotated[
        Path, typer.Argument(help="The application, or a folder or file of it.", metavar="[PATH]", show_default=False)
    ] = Path("."),
    fail_on_sync: Annotated[
        bool, typer.Option("--fail-on-sync", help="Exit with 1 where a sync session boundary is left under the path.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the inventory as a page to this file.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take the inventory of an application: every sync touch of its database, and what a shift does about it."""
    from greenshift.shift.scan.inventory import scan  # the other commands need not wait for its import

    if not path.exists():
        raise ShiftError(f"{path} does not exist", "name the folder of the application")
    if html is not None:
        from greenshift.report.html import check_page_file

        check_page_file(html)
    with spinner() as progress:
        task = progress.add_task("reading", total=None)
        inventory = scan(path, progress=lambda count: progress.update(task, description=f"{count} functions"))
    if html is not None:
        from greenshift.report.html import write_page
        from greenshift.shift.scan.page import page_of

        write_page(page_of(inventory), html)
    if as_json:
        print(json.dumps(masked(inventory.as_dict())))
    else:
        show(inventory)
    if fail_on_sync and inventory.boundaries:
        raise typer.Exit(FINDINGS)


def show(inventory: Inventory) -> None:
    """Print an inventory for people.

    Args:
        inventory: The inventory.
    """
    from greenshift.shift.scan.phases import PHASES

    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for phase, about in PHASES.items():
        items = inventory.phase(phase)
        if not items:
            continue
        console.print(f"[bold]{phase}[/bold] ({len(items)}): {about}")
        for item in items:
            console.print(mask(f"  {item.place}  {item.kind}: {item.text}  -> {item.action}"), markup=False)
        console.print()
    for one in inventory.left:
        console.print(mask(f"look at {one.place}: {one.kind}: {one.reason}"), markup=False)
    for skipped in inventory.skipped:
        console.print(f"not read: {skipped.file}: {skipped.reason}", markup=False)
    console.print(
        f"{inventory.modules} modules, {inventory.lines} lines, {len(inventory.items)} places, "
        f"{len(inventory.boundaries)} sync session boundaries",
        markup=False,
    )
