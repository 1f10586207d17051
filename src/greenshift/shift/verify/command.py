"""``greenshift verify``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from greenshift.masking import masked
from greenshift.shift.masked_text import masked_text
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.walk.findings import WalkSettings

EPILOG = (
    "Exit codes: 0 proved; 1 it differs, or cannot be told; "
    "2 wrong use, or a failure to run, of which one line says what happened and one what to do."
)


def verify_command(
    path: Annotated[Path, typer.Argument(help="The application's folder, as it is after the shift.")] = Path("."),
    tests: Annotated[
        list[str] | None, typer.Argument(help="Test files, folders or node ids; all by default.", metavar="[TEST]...")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(help="The application's folder before; else git's state.", metavar="FOLDER")
    ] = None,
    revision: Annotated[str, typer.Option(help="The git revision before the shift.", metavar="COMMIT")] = "HEAD",
    python: Annotated[
        Path | None, typer.Option(help="The application's Python; else the one of its .venv, else this one.")
    ] = None,
    python_before: Annotated[Path | None, typer.Option(help="Another Python for the state before.")] = None,
    database: Annotated[
        Literal["auto", "postgresql", "sqlite", "own"],
        typer.Option(help="What both sides run on; own leaves it to the tests."),
    ] = "auto",
    pytest_argument: Annotated[
        list[str] | None,
        typer.Option("--pytest", help="A further argument for pytest; may be repeated.", metavar="ARGUMENT"),
    ] = None,
    walk: Annotated[bool, typer.Option("--walk/--no-walk", help="Send requests beyond the tests.")] = True,
    app: Annotated[
        str | None, typer.Option(help="The ASGI application to walk, as module:attribute.", metavar="APP")
    ] = None,
    requests: Annotated[int, typer.Option(help="The most requests to send to each side.", min=1)] = 500,
    header: Annotated[
        list[str] | None, typer.Option(help="A header for every request; may be repeated.", metavar="NAME:VALUE")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the verdict as a page to this file.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Prove that an application does after a shift what it did before.

    Runs its tests on both states and compares them test by test: outcome and SQL; then sends the same requests to both.
    """
    from greenshift.shift.verify.progress import StepBars
    from greenshift.shift.verify.text import rendered  # the other commands need not wait for these imports
    from greenshift.shift.verify.verification import verify

    if html is not None:
        from greenshift.report.html import check_page_file

        check_page_file(html)
    settings = WalkSettings(app=app, requests=requests, headers=_headers(header or []))
    with StepBars() as bars:
        verdict = verify(
            path,
            before=before,
            revision=revision,
            tests=tests or (),
            python=python,
            python_before=python_before,
            pytest_arguments=pytest_argument or (),
            database=database,
            walk=walk,
            walk_settings=settings,
            progress=bars.show,
        )
    if html is not None:
        from greenshift.report.html import write_page
        from greenshift.shift.verify.page import page_of

        write_page(page_of(verdict, path), html)
    if as_json:
        print(json.dumps(masked(verdict.as_dict()), indent=2))
    else:
        Console(highlight=False, markup=False, emoji=False, soft_wrap=True).print(masked_text(rendered(verdict)))
    raise typer.Exit(verdict.exit_code)


def _headers(given: list[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, separator, value = text.partition(":")
        if not separator:
            raise VerifyError(f"{text!r} is no header", 'write it as "Name: value"')
        found[name.strip()] = value.strip()
    return found
