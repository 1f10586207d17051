"""The work of ``greenshift rollback``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from greenshift.patch.history import history, rollback
from greenshift.patch.recovery import recover

RollbackPath = Annotated[Path, typer.Argument(help="The application's folder.", metavar="[PATH]", show_default=False)]


def rollback_command(
    path: RollbackPath = Path("."),
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Also where files were changed since; your versions are kept in .greenshift/kept."
        ),
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Show what can be taken back, the last first, and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take back the last change that greenshift wrote: `shift --write`, `heal` or `check --fix`; again, the one before.

    Every file holds again what it held before, byte for byte, also without git.
    """
    if listed:
        _show_history(path, as_json)
        return
    done = rollback(path, force=force)
    kept = {file: str(place) for file, place in done.kept}
    if as_json:
        print(json.dumps({"id": done.id, "label": done.label, "files": list(done.files), "kept": kept}))
        return
    for file in done.files:
        print(f"  {file}" + (f"  (your version: {kept[file]})" if file in kept else ""))
    files = "1 file holds" if len(done.files) == 1 else f"{len(done.files)} files hold"
    print(f"taken back: {done.label} {done.id}; {files} again what was there before")


def _show_history(path: Path, as_json: bool) -> None:
    for recovered in recover(path):
        print(recovered, file=sys.stderr)
    found = history(path)
    if as_json:
        print(
            json.dumps(
                [
                    {"id": one.id, "label": one.label, "made": one.made.isoformat(), "files": list(one.files)}
                    for one in found
                ]
            )
        )
        return
    for one in found:
        print(f"{one.id}  {one.label:<8} {len(one.files):>4} file{'s' if len(one.files) != 1 else ''}")
    if not found:
        print("nothing was changed here that could be taken back", file=sys.stderr)
