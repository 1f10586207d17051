"""``greenshift demo``."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from greenshift.demo.errors import DemoError

if TYPE_CHECKING:
    from greenshift.demo.display import Display
    from greenshift.demo.ground import Amounts
    from greenshift.demo.step import Result, Step

DEMO_EXIT_CODES: Final = (
    "Exit codes: 0 every step did its work; 1 one did not; 2 the demo cannot be run, of which one line says why and "
    "one what to do; 130 interrupted."
)
_INTERRUPTED: Final = 130
REPORT: Final = "report.html"


def demo_command(
    folder: Annotated[
        Path | None, typer.Option(help="An empty or new folder to work in; else a temporary one.", metavar="FOLDER")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep both copies of the application, too.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Some tests only, and hardly any load.")] = False,
    step: Annotated[
        list[str] | None, typer.Option("--step", help="Only this step and what it needs; may be repeated.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report to this file.", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; the progress goes to standard error.")] = False,
) -> None:
    """See it all on one application: a server from nothing, tests, check, scan, shift, verify, heal, load, a report.

    It works on copies in a folder of its own. Every figure is measured in that run.
    """
    from greenshift.demo.display import Display
    from greenshift.demo.example import refuse_missing_packages
    from greenshift.demo.ground import QUICK, WHOLE
    from greenshift.demo.running import chosen_steps
    from greenshift.demo.steps import STEPS
    from greenshift.report.html import check_page_file

    refuse_missing_packages()
    steps = chosen_steps(STEPS, step or ())
    if html is not None:
        check_page_file(html)
    place = _place(folder)
    report = (html or place / REPORT).absolute()
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with Display(sys.stderr if as_json else sys.stdout, len(steps)) as display:
            done = _Demo(place, QUICK if quick else WHOLE, steps, report, display)
            code = done.run()
            # What failed is to be looked at; what was asked for stays.
            stays = keep or folder is not None or code != 0
            done.tidy(stays=stays)
    finally:
        signal.signal(signal.SIGTERM, before)
    if as_json:
        print(json.dumps(done.as_dict()))
    raise typer.Exit(code)


def _place(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="greenshift-demo-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DemoError(f"{folder} is not empty", "name an empty or a new folder")
    except OSError as error:
        raise DemoError(f"{folder} cannot be used: {error.strerror}", "name another folder") from error
    return folder.resolve()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Demo:
    """One run.

    Args:
        place: its folder.
        amounts: how much is done.
        steps: the steps.
        report: the file of the report.
        display: shows how far it is.
    """

    def __init__(self, place: Path, amounts: Amounts, steps: list[Step], report: Path, display: Display) -> None:
        self._place, self._amounts, self._steps, self._report = place, amounts, steps, report
        self._display = display
        self._results: list[Result] = []
        self._seconds = 0.0
        self._copies: tuple[Path, ...] = ()
        self._code = 0

    def run(self) -> int:
        """Run the steps, write the report, and return the exit code."""
        from greenshift.demo.example import copy_example
        from greenshift.demo.ground import Ground
        from greenshift.demo.running import run_steps

        say = self._display.say
        started = time.monotonic()
        say(f"greenshift demo: a sync FastAPI backend is moved to asyncio. {machine()}", "bold")
        say(f"It works in {self._place}, on copies, and leaves nothing running.")
        say()
        try:
            before, after = self._copies = copy_example(self._place)
            ground = Ground(self._place, before, after, self._amounts)
            for result in run_steps(ground, self._steps, self._display):
                self._results.append(result)
            self._code = 0 if all(one.state == "done" for one in self._results) else 1
        except KeyboardInterrupt:
            self._code = _INTERRUPTED
            say("interrupted: what was started has ended", "yellow")
        self._seconds = time.monotonic() - started
        self._write()
        return self._code

    def _write(self) -> None:
        from greenshift.demo.page import page_of
        from greenshift.report.html import write_page

        if self._results:
            page = page_of(self._results, self._amounts, machine(), self._seconds)
            write_page(replace(page, data={}), self._report)

    def tidy(self, *, stays: bool) -> None:
        """Remove the copies unless they stay, and say what there is."""
        from greenshift.demo.reduced import what_is_reduced

        say = self._display.say
        if not stays:
            for copy in self._copies:
                shutil.rmtree(copy, ignore_errors=True)
            if self._report.parent != self._place:
                shutil.rmtree(self._place, ignore_errors=True)
        failed = [one.step.name for one in self._results if one.state != "done"]
        say()
        say(f"{len(self._results) - len(failed)} of {len(self._steps)} steps done in {self._seconds:.0f} s", "bold")
        if failed:
            say(f"not done: {', '.join(failed)}", "red")
        ran = [one.step.name for one in self._results if one.state != "left out"]
        for index, sentence in enumerate(what_is_reduced(self._amounts, ran)):
            say(f"{'reduced: ' if not index else '         '}{sentence}", "dim")
        if self._place.exists() and stays:
            say(f"folder: {self._place}")
            say(f"  exams is the application as it was, exams-async what became of it: cd {self._place}/exams-async")
        if self._results:
            say(f"report: {self._report}")

    def as_dict(self) -> dict[str, object]:
        """Return all of it for ``--json``."""
        return {
            "exit_code": self._code,
            "seconds": round(self._seconds, 3),
            "machine": machine(),
            "folder": str(self._place),
            "report": str(self._report) if self._results else None,
            "steps": [one.as_dict() for one in self._results],
        }


def machine() -> str:
    """Return on what it runs, in a few words."""
    from importlib.metadata import version

    return (
        f"Python {platform.python_version()}, SQLAlchemy {version('sqlalchemy')}, {os.cpu_count()} cores, "
        f"{platform.system()} on {platform.machine()}"
    )
