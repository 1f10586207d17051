"""The one public entry: ``check``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from greenshift.check.asking import looks_at_source
from greenshift.check.baseline import KnownFinding, compare, read_baseline, write_baseline
from greenshift.check.configuration import SeverityName
from greenshift.check.errors import CheckError
from greenshift.check.gathering import gather
from greenshift.check.naming import below
from greenshift.check.project import CheckedProject, find_projects, shown_from
from greenshift.check.rules.registry import rule_of
from greenshift.check.selection import Selection, known_rules
from greenshift.check.source.decoding import read_files
from greenshift.check.suppression import without_ignored
from greenshift.check.wanted import Wanted
from greenshift.report.findings import Finding, Report, Severity, Suppressed


@dataclass(frozen=True)
class Checked:
    """What came of a check.

    Attributes:
        report: the report.
        base: the folder from which the report names files.
        written: how many findings the baseline was written with; None if none was written.
    """

    report: Report
    base: Path
    written: int | None = None


def check(
    paths: Sequence[Path | str] = (),
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: SeverityName | None = None,
    live: Sequence[str] = (),
    url: str | None = None,
    drift: bool = False,
    environments: Mapping[str, Path] | None = None,
    baseline: Path | None = None,
    cache: bool = True,
) -> Report:
    """Check how an application configures SQLAlchemy.

    Args:
        paths: files and folders; none for the project of the working directory. What the check needs to know is read
            from the whole project; findings are those in these paths.
        select: the rules that are asked, in place of those that the configuration selects.
        ignore: rules that are left out, beside those of the configuration.
        severity: the lowest severity that is shown, in place of the configuration's.
        live: ``MODULE:NAME`` of engines that are imported and built.
        url: a server that is asked, too.
        drift: whether the services are compared.
        environments: the files of environment variables under which the services are compared, by name.
        baseline: the file of the known findings, in place of the configuration's.
        cache: whether what was found in files that have not changed is taken from the cache.

    Returns:
        What was found, of at least the severity that is shown.

    Raises:
        CheckError: a path does not exist, an import fails, a server does not answer, a baseline cannot be used.
        ConfigurationError: ``[tool.greenshift]`` cannot be used, or a rule does not exist.
    """
    return run_check(
        Wanted(
            paths=[Path(path) for path in paths],
            select=select,
            ignore=ignore,
            severity=severity,
            live=live,
            url=url,
            drift=drift,
            environments=environments or {},
            baseline=baseline,
            cache=cache,
        )
    ).report


def run_check(wanted: Wanted) -> Checked:
    """Check, and say from where files are named.

    Args:
        wanted: what is asked.

    Raises:
        CheckError: a path does not exist, an import fails, a server does not answer, a baseline cannot be used.
        ConfigurationError: ``[tool.greenshift]`` cannot be used, or a rule does not exist.
    """
    started = time.monotonic()
    select = known_rules(wanted.select, "given with --select")
    ignore = known_rules(wanted.ignore, "given with --ignore")
    projects = find_projects(wanted.paths, wanted.directory)
    base = shown_from((project.root for project in projects), wanted.directory)
    if wanted.write_baseline and len(projects) > 1:
        raise CheckError("a baseline belongs to one project", "check the projects one by one")
    report, written = Report((), ()), None
    for project in projects:
        configuration = project.configuration
        selection = Selection(select or configuration.select, (*configuration.ignore, *ignore))
        one, written = _check_project(project, selection, wanted, is_first=project is projects[0])
        folder = "" if base == project.root else project.root.relative_to(base).as_posix()
        report = _joined(report, one, folder)
    summary = {**report.summary, "seconds": round(time.monotonic() - started, 3)}
    return Checked(replace(report, summary=summary), base, written)


def _check_project(
    project: CheckedProject, selection: Selection, wanted: Wanted, *, is_first: bool
) -> tuple[Report, int | None]:
    found = gather(project, selection, wanted, is_first=is_first)
    text_of = partial(_text, found.texts, project.root)
    shown = (*(one for one in found.findings if _is_shown(one, project)), *found.named)
    findings = sorted(
        (_with_line(one, text_of) for one in dict.fromkeys(shown)),
        key=lambda one: (one.place, one.rule, one.message),
    )
    findings, by_comment = without_ignored(findings, text_of)
    findings = _of_use(findings, by_comment)
    lowest = Severity[(wanted.severity or project.configuration.severity).upper()]
    path = _baseline_path(project, wanted)
    written = None
    if wanted.write_baseline:
        if path is None:
            raise CheckError(
                "--write-baseline needs a file", 'name it: --baseline FILE, or baseline = "FILE" in pyproject.toml'
            )
        if project.shown or selection != _whole(project):
            raise CheckError("a baseline is of a whole project", "leave out the path, --select and --ignore")
        written = write_baseline(path, (one for one in findings if one.severity >= lowest))
    suppressed = by_comment
    if path is not None:
        compared = compare(findings, read_baseline(path))
        findings = list(compared.new)
        suppressed += [Suppressed(one, "baseline") for one in compared.known]
        if not project.shown and selection == _whole(project):
            found.notes += [_gone(one) for one in compared.gone if _is_of_source(one)]
    findings = [one for one in findings if one.severity >= lowest]
    suppressed = [one for one in suppressed if one.finding.severity >= lowest]
    # The services are parts of the project.
    others = [program for program in found.programs if program is not found.source and not program.name]
    summary = {
        "files": found.files,
        "engines": found.engines + sum(len(program.engines) for program in others),
        "session_factories": found.session_factories + sum(len(program.session_factories) for program in others),
        "suppressed_by_baseline": sum(one.by == "baseline" for one in suppressed),
        "suppressed_by_comment": sum(one.by == "comment" for one in suppressed),
    }
    report = Report(
        tuple(findings),
        tuple(rule.description() for rule in selection.rules()),
        tuple(found.tables),
        tuple(found.notes),
        summary,
        tuple(sorted(suppressed, key=lambda one: (one.finding.place, one.finding.rule))),
    )
    return report, written


def _of_use(findings: Sequence[Finding], ignored: Sequence[Suppressed]) -> list[Finding]:
    """Leave out GS003 about a comment that ignores what only an import or a server told."""
    used = {(one.finding.place.file, one.finding.rule) for one in ignored}
    return [
        one
        for one in findings
        if one.rule != "GS003"
        or not any(file == one.place.file and f"{rule} finds" in one.message for file, rule in used)
    ]


def _is_shown(finding: Finding, project: CheckedProject) -> bool:
    return not finding.place.line or project.shows(finding.place.file)


def _with_line(finding: Finding, text_of: Callable[[str], str | None]) -> Finding:
    number = finding.place.line
    text = text_of(finding.place.file) if number else None
    lines = [] if text is None else text.split("\n")
    return replace(finding, line_text=lines[number - 1]) if 0 < number <= len(lines) else finding


def _text(texts: Mapping[str, str], root: Path, file: str) -> str | None:
    """Return a file's text; one of another service was not read with the project."""
    return texts[file] if file in texts else read_files(root, [file])[0].get(file)


def _is_of_source(known: KnownFinding) -> bool:
    """Return whether a finding would be there again in any run, rather than with --live, --url or --drift alone."""
    rule = rule_of(known.rule)
    return (rule is None or looks_at_source(rule)) and ":" not in known.file


def _gone(known: KnownFinding) -> str:
    return (
        f"the baseline has {known.count} more of {known.rule} in {known.file} ({known.about}) than there are: "
        "--write-baseline drops what is mended"
    )


def _whole(project: CheckedProject) -> Selection:
    return Selection(project.configuration.select, project.configuration.ignore)


def _baseline_path(project: CheckedProject, wanted: Wanted) -> Path | None:
    if wanted.baseline is not None:
        return wanted.directory / wanted.baseline
    configured = project.configuration.baseline
    return None if configured is None else project.root / configured


def _joined(report: Report, other: Report, folder: str) -> Report:
    rules = {rule.id: rule for rule in (*report.rules, *other.rules)}
    summary = {key: report.summary.get(key, 0) + value for key, value in other.summary.items()}
    return Report(
        (*report.findings, *(below(one, folder) for one in other.findings)),
        tuple(rules[identifier] for identifier in sorted(rules)),
        (*report.tables, *other.tables),
        (*report.notes, *other.notes),
        summary,
        (*report.suppressed, *(replace(one, finding=below(one.finding, folder)) for one in other.suppressed)),
    )
