"""The work of ``greenshift heal``."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from greenshift.masking import mask, masked
from greenshift.shift.masked_text import masked_text

if TYPE_CHECKING:
    from greenshift.shift.heal.result import Healed

LEFT = 1


def heal_command(
    path: Annotated[
        Path, typer.Argument(help="The application's folder.", metavar="[PATH]", show_default=False)
    ] = Path("."),
    tests: Annotated[
        list[str] | None, typer.Argument(help="Test files, folders or names; all by default.", metavar="[TEST]...")
    ] = None,
    python: Annotated[
        Path | None, typer.Option(help="The application's Python; else the one of its .venv, else this one.")
    ] = None,
    pytest_argument: Annotated[
        list[str] | None,
        typer.Option("--pytest", help="A further argument for pytest; may be repeated.", metavar="ARGUMENT"),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many times edits are tried.", min=1)] = 10,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds after which a run of the tests is ended.", metavar="SECONDS")
    ] = None,
    database: Annotated[
        Literal["auto", "postgresql", "sqlite", "own"],
        typer.Option(help="What the tests run on; own leaves it to them."),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the tests, apply the edits that their explained failures carry, and run again, until they pass.

    An assertion of a test is never edited. What does not help is undone. `greenshift rollback` takes it all back.
    """
    from greenshift.shift.heal.healing import heal  # the other commands need not wait for its import

    progress = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    # A runner of CI ends what takes too long: what is on trial is undone then, and the tests are ended as well.
    before = signal.signal(signal.SIGTERM, _end)
    try:
        healed = heal(
            path,
            python=python,
            tests=tests or (),
            pytest_arguments=pytest_argument or (),
            limit=limit,
            timeout=timeout,
            database=database,
            progress=lambda line: progress.print(mask(line)),
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    if as_json:
        print(json.dumps(masked(healed.as_dict()), indent=2))
    else:
        Console(highlight=False, soft_wrap=True).print(masked_text(rendered(healed)))
    if not healed.green:
        raise typer.Exit(LEFT)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def rendered(healed: Healed) -> Text:
    """Return a result for a terminal.

    Args:
        healed: the result.
    """
    text = Text()
    for one in healed.edits:
        text.append("\n  edit    ", style="green")
        text.append(f"{one.file}:{one.line}  {one.title}\n          {one.kind}: {one.why}")
    for left in healed.left:
        text.append("\n  left    ", style="red")
        text.append(f"{left.test}\n          {left.message}")
        for explanation in left.explanations[:1]:
            text.append(f"\n          {explanation.kind}: {explanation.headline}")
            if explanation.fix:
                text.append(f"\n          fix: {explanation.fix.splitlines()[0]}")
        text.append(f"\n          not edited: {left.reason}", style="dim")
    head = Text("all tests pass" if healed.green else f"{len(healed.left)} left", style="bold")
    edits = f"{len(healed.edits)} edit{'' if len(healed.edits) == 1 else 's'}"
    head.append(f": {len(healed.healed)} healed by {edits}; passed: {healed.passed}", style="")
    head.append_text(text)
    if healed.change is not None:
        head.append("\nnext: look at the edits; `greenshift rollback` takes them back", style="dim")
    return head
