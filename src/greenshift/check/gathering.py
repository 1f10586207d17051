"""A project's source, its engines as they are built, its services and its server: read, and the rules asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from greenshift.check.asking import findings_of
from greenshift.check.collection import uncollected
from greenshift.check.errors import CheckError
from greenshift.check.facts import Program
from greenshift.check.project import CheckedProject
from greenshift.check.rules.rule import Rule
from greenshift.check.selection import Selection
from greenshift.check.source.cache import CheckCache
from greenshift.check.source.decoding import read_files
from greenshift.check.source.discovery import find_files
from greenshift.check.static import plain_files, read_program
from greenshift.check.wanted import Wanted
from greenshift.masking import mask
from greenshift.report.findings import Finding, Table


@dataclass
class Found:
    """What is gathered of one project.

    Attributes:
        findings: what the rules say, in no order.
        named: those about what was named itself (an import, a service, a server), which are shown in any case.
        source: the program that the project's source is; None if it comes from the cache.
        programs: what was read, imported, or compared.
        tables: the services side by side.
        notes: what could not be told.
        texts: the files that were read, by their paths.
        files: how many of them are Python.
        engines: how many engines the project's source makes.
        session_factories: how many session factories and sessions it makes.
    """

    findings: list[Finding] = field(default_factory=list)
    named: list[Finding] = field(default_factory=list)
    source: Program | None = None
    programs: list[Program] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    files: int = 0
    engines: int = 0
    session_factories: int = 0


def gather(project: CheckedProject, selection: Selection, wanted: Wanted, *, is_first: bool) -> Found:
    """Return what the rules say of a project.

    Args:
        project: the project.
        selection: the rules.
        wanted: what is asked.
        is_first: whether it is the first of several: what is no path belongs to that one.

    Raises:
        CheckError: an import fails, a service is not there, or a server does not answer.
    """
    found = Found()
    with uncollected():
        _read(project, selection, wanted, found)
    if is_first:
        _add_live(project, selection, wanted, found)
        _add_services(project, selection, wanted, found)
        _add_server(project, selection, wanted, found)
    return found


def _read(project: CheckedProject, selection: Selection, wanted: Wanted, found: Found) -> None:
    """Read the project's source, and ask the rules about it."""
    wanted.progress("looking for files")
    files = find_files([project.root], project.configuration.exclude, project.root)
    # A file that is named itself is taken in any case.
    named = [project.root / one for one in project.shown if (project.root / one).is_file()]
    stamps = {**files.stamps, **(find_files(named, (), project.root).stamps if named else {})}
    cache = CheckCache(project.root, [project.configuration, [rule.id for rule in selection.rules()]])
    entry = cache.read() if wanted.cache else None
    if not (wanted.live or wanted.url or wanted.drift or wanted.environments):
        remembered = cache.result(entry, stamps)
        if remembered is not None:
            found.findings, found.notes, found.files, found.engines, found.session_factories = remembered
            return
    texts, notes = read_files(project.root, stamps)
    python = [path for path in texts if path.endswith(".py")]
    found.texts, found.files = texts, len(python)
    found.notes += [*files.notes, *notes]
    if not python:
        found.notes.append(f"there is no Python file in {project.root.name or project.root}")
        return
    wanted.progress(f"reading {len(python)} files")
    plain = entry.plain & entry.unchanged(project.root, stamps) if entry is not None else frozenset()
    program, unread = read_program(texts, project.configuration, plain=plain)
    found.source = program
    found.programs.append(program)
    found.notes += program.notes
    found.findings += [one for one in unread if one.rule in selection]
    wanted.progress(f"asking {len(selection.rules())} rules")
    found.findings += _asked(selection, program)
    if not program.engines and not program.session_factories:
        found.notes.append(f"no engine and no session of SQLAlchemy was found in the Python files ({len(python)})")
    found.engines, found.session_factories = len(program.engines), len(program.session_factories)
    if wanted.cache:
        result = (found.findings, found.notes, found.files, found.engines, found.session_factories)
        cache.write(stamps, plain_files(texts, unread), result, entry)


def _asked(selection: Selection, program: Program) -> list[Finding]:
    """Ask rules about a program."""
    return [
        finding for rule in selection.rules() for finding in _guarded(rule, lambda one: findings_of([one], program))
    ]


def _guarded(rule: Rule, ask: Callable[[Rule], Iterable[Finding]]) -> list[Finding]:
    """Ask one rule; a fault of its own is told with the way around it."""
    try:
        return list(ask(rule))
    except Exception as error:
        raise CheckError(
            f"the rule {rule.id} failed: {type(error).__name__}: {mask(' '.join(str(error).split()))}",
            f"report it, which is a fault of Greenshift's, and leave the rule out meanwhile: --ignore {rule.id}",
        ) from error


def _add_live(project: CheckedProject, selection: Selection, wanted: Wanted, found: Found) -> None:
    if not wanted.live:
        return
    from greenshift.check.live import read_live

    wanted.progress(f"importing {', '.join(wanted.live)}")
    variables: Mapping[str, str] = {}
    if len(wanted.environments) == 1:
        from greenshift.check.drift.dotenv_file import read_environment

        ((name, path),) = wanted.environments.items()
        variables = read_environment(name, path, project.root).values
    program = read_live(wanted.live, project.root, variables)
    program = replace(program, deployment=project.configuration.deployment())
    found.notes += program.notes
    # What source says already is not said twice.
    shown = [one for one in found.findings if project.shows(one.place.file)]
    known = {(one.rule, one.subject or one.place) for one in shown}
    found.named += [one for one in _asked(selection, program) if (one.rule, one.subject or one.place) not in known]
    found.programs.append(program)


def _add_services(project: CheckedProject, selection: Selection, wanted: Wanted, found: Found) -> None:
    if not wanted.drift and not wanted.environments:
        return
    from greenshift.check.drift import read_services, service_notes, service_tables

    wanted.progress("comparing services")
    programs = read_services(project.configuration, project.root, wanted.environments)
    found.tables += service_tables(programs, project.configuration)
    found.notes += service_notes(programs)
    for program in programs:
        found.notes += program.notes
    for rule in selection.rules():
        found.named += _guarded(rule, lambda one: one.services(programs))
    found.programs += programs


def _add_server(project: CheckedProject, selection: Selection, wanted: Wanted, found: Found) -> None:
    if wanted.url is None:
        return
    from greenshift.check.server import describe_server, read_server

    wanted.progress("asking the server")
    server = read_server(wanted.url)
    # The services by themselves are what the project as a whole is too, and the sum is over them.
    programs = [program for program in found.programs if program.name]
    if not programs and project.configuration.services:
        from greenshift.check.drift import read_services

        programs = read_services(project.configuration, project.root)
    programs = programs or found.programs
    tables, notes = describe_server(server, programs)
    found.tables += tables
    found.notes += notes
    # What the server says itself goes before what source alone can tell of it.
    found.findings = [finding for finding in found.findings if not finding.rule.startswith("GS5")]
    found.named = [finding for finding in found.named if not finding.rule.startswith("GS5")]
    for rule in selection.rules():
        found.named += _guarded(rule, lambda one: one.server(server, programs))
