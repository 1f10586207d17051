"""The work of ``greenshift check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from greenshift.check.errors import CheckError
from greenshift.progress import spinner
from greenshift.wording import counted

if TYPE_CHECKING:
    from greenshift.check.api import Checked
    from greenshift.check.wanted import Wanted
    from greenshift.report.findings import Report

Format = Literal["text", "json", "sarif", "github", "junit"]

CHECK_EXIT_CODES: Final = (
    "Exit codes: 0 nothing found; 1 findings of at least the severity shown; 2 wrong use, or a failure, of which one "
    "line says what happened and one what to do."
)
FINDINGS: Final = 1


def check_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders whose findings are shown.", metavar="[PATH...]", show_default=False),
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Ask only this rule or family; may be repeated.", metavar="ID")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Leave out; may be repeated.", metavar="ID")] = None,
    severity: Annotated[
        Literal["advice", "warning", "error"] | None,
        typer.Option(help="The lowest severity shown; warning by default.", show_default=False),
    ] = None,
    shape: Annotated[Format, typer.Option("--format", help="What the report looks like.")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.", metavar="FILE")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report as a page to this file, too.", metavar="FILE")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what can safely be mended; greenshift rollback takes it back.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print what --fix changes, in place of the report.")] = False,
    live: Annotated[
        list[str] | None,
        typer.Option(
            help="Import this and look at the engines that it builds; may be repeated.", metavar="MODULE[:NAME]"
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(help="A server to ask for its limits and timeouts.", metavar="URL")] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Compare the services that pyproject.toml names with each other.")
    ] = False,
    env: Annotated[
        list[str] | None,
        typer.Option(help="Compare under these environment variables, too; may be repeated.", metavar="NAME=FILE"),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="A file of known findings, which are left out.", metavar="FILE")
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Make what is found now the known findings.")
    ] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read every file anew.")] = False,
    list_rules: Annotated[bool, typer.Option("--list-rules", help="List the rules, and check nothing.")] = False,
    explain: Annotated[
        str | None, typer.Option(help="Tell all of a rule, and check nothing.", metavar="ID", show_default=False)
    ] = None,
) -> None:
    """Check how an application configures SQLAlchemy: engines, pools, URLs, sessions, and how services differ.

    It reads source and imports nothing, unless --live asks for it.
    """
    # The other commands need not wait for these imports.
    from greenshift.check.api import run_check
    from greenshift.check.explaining import explained, listed
    from greenshift.check.wanted import Wanted

    if list_rules or explain is not None:
        text = explained(explain) if explain is not None else listed(as_json=as_json or shape == "json")
        print(text, end="")
        return
    if html is not None:
        from greenshift.report.html import check_page_file

        check_page_file(html)
    wanted = Wanted(
        paths=paths or [],
        select=select or [],
        ignore=ignore or [],
        severity=severity,
        live=live or [],
        url=url,
        drift=drift,
        environments=_environments(env or []),
        baseline=baseline,
        write_baseline=write_baseline,
        cache=not no_cache,
    )
    checked = _with_progress(run_check, wanted)
    if fix or diff:
        checked = _mended(checked, wanted, fix=fix, diff=diff)
    if checked.written is not None:
        print(f"the baseline holds {counted(checked.written, 'finding')} now", file=sys.stderr)
    if html is not None:
        from greenshift.check.page import page_of
        from greenshift.report.html import write_page

        write_page(page_of(checked.report, checked.base), html)
    if not diff:
        _show(checked.report, "json" if as_json else shape, output)
    if checked.report.findings:
        raise typer.Exit(FINDINGS)


def _with_progress(run_check: Callable[[Wanted], Checked], wanted: Wanted) -> Checked:
    from dataclasses import replace

    with spinner() as progress:
        task = progress.add_task("checking", total=None)
        return run_check(replace(wanted, progress=lambda text: progress.update(task, description=text)))


def _mended(checked: Checked, wanted: Wanted, *, fix: bool, diff: bool) -> Checked:
    """Show or write what mends the findings; return what is found after that."""
    from greenshift.check.api import run_check
    from greenshift.check.fixed_files import fix_files

    fixed = fix_files(checked.report.findings, checked.base)
    if diff:
        fixed.changes.print_difference(writes="--fix")
    changed = fixed.changes.changes
    if not fix:
        would = f"would mend {counted(len(fixed.applied), 'finding')} in {counted(len(changed), 'file')}"
        print(would, file=sys.stderr)
    elif changed:
        fixed.changes.apply(label="check")
        for one in changed:
            print(f"  {one.path}", file=sys.stderr)
        print(
            f"mended {counted(len(fixed.applied), 'finding')} in {counted(len(changed), 'file')}; "
            f"greenshift rollback{_folder(checked.base)} takes it back",
            file=sys.stderr,
        )
    else:
        print("there is nothing that --fix could mend", file=sys.stderr)
    if fixed.left:
        print(f"left for another run or for you: {counted(len(fixed.left), 'finding')}", file=sys.stderr)
    return _with_progress(run_check, wanted) if fix and changed else checked


def _folder(base: Path) -> str:
    return "" if base == Path.cwd() else f" {base}"


def _show(report: Report, shape: Format, output: Path | None) -> None:
    from greenshift.report.github import as_github
    from greenshift.report.json_report import as_json
    from greenshift.report.junit import as_junit
    from greenshift.report.sarif import as_sarif
    from greenshift.report.summary import summary_line
    from greenshift.report.text import as_text

    on_terminal = output is None and sys.stdout.isatty()
    if shape == "text":
        colour = on_terminal and not os.environ.get("NO_COLOR")
        text = as_text(report, colour=colour, width=os.get_terminal_size().columns if on_terminal else None)
    else:
        text = {"json": as_json, "sarif": as_sarif, "github": as_github, "junit": as_junit}[shape](report)
    text = text if text.endswith("\n") else f"{text}\n"
    if output is None:
        # What a terminal or a log cannot show is shown as an escape, and is no failure.
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CheckError(f"{output} cannot be written: {error.strerror}", "name a file in a folder of yours") from error
    print(summary_line(report), file=sys.stderr)


def _environments(given: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for text in given:
        name, equals, file = text.partition("=")
        if not name or not equals or not file:
            raise CheckError(f"{text!r} is no environment", "write it as --env NAME=FILE, such as staging=.env.staging")
        if not Path(file).is_file():
            raise CheckError(
                f"{file}, the file of the environment {name!r}, does not exist", "name a file of NAME=VALUE"
            )
        found[name] = Path(file)
    return found
