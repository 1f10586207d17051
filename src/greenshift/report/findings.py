"""What a report is made of: rules, findings, and the edits that mend them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Literal


class Severity(enum.IntEnum):
    """How bad it is: what fails, what fails under load or loses something, what would be better."""

    ADVICE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a finding is.

    Attributes:
        file: the path, relative to the folder that was checked, with forward slashes; for what has no file
            a name such as ``app.db:engine`` or ``server localhost:5432/shop``.
        line: from 1; 0 where there is no file.
        column: in characters from 1; 0 where there is no file.
        end_line: the last line, from 1.
        end_column: in characters from 1, exclusive.
    """

    file: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in one file; an empty ``old`` inserts.

    Attributes:
        place: from where to where (``end_line`` and ``end_column`` are exclusive in columns).
        new: the text that comes there.
    """

    place: Place
    new: str


@dataclass(frozen=True, slots=True)
class RuleDescription:
    """What a report says of a rule itself.

    Attributes:
        id: such as ``GS101``.
        title: one line, what is wrong.
        severity: the severity of its findings, unless one says otherwise.
        why: a paragraph: what happens, to whom, when.
        source: the URL of the authority on which it rests.
        fix: what to do, a paragraph.
        page: the rule's documentation page, relative to the documentation's root.
    """

    id: str
    title: str
    severity: Severity
    why: str
    source: str
    fix: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken.

    Attributes:
        rule: the rule's id.
        severity: how bad it is here.
        message: one line: what is there, and what comes of it; no secret in it.
        place: where it is.
        fix: one line: what to write instead.
        edits: what mends it, where that is safe; all or none of them are applied.
        subject: what it is about (``engine in app/db.py``), so that a baseline finds it again when lines move.
        related: other places, each with what it has to do with it.
        line_text: the line on which it is, as the file has it; empty where there is no file.
    """

    rule: str
    severity: Severity
    message: str
    place: Place
    fix: str
    edits: tuple[Edit, ...] = ()
    subject: str = ""
    related: tuple[tuple[Place, str], ...] = ()
    line_text: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is known, and not to be mended now.

    Attributes:
        finding: the finding.
        by: ``comment`` in the source, or the ``baseline``.
        reason: why, as the comment says.
    """

    finding: Finding
    by: Literal["comment", "baseline"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that belongs to the report, such as the services' settings side by side.

    Attributes:
        title: what it shows.
        columns: the heads.
        rows: the cells, as text.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        findings: sorted by place.
        rules: the description of every rule that was asked.
        tables: what is shown beside the findings.
        notes: what could not be told, one line each.
        summary: figures for machines: files, engines, seconds, findings left out by a baseline or a comment.
        suppressed: the findings that are left out, sorted by place.
    """

    findings: tuple[Finding, ...]
    rules: tuple[RuleDescription, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    suppressed: tuple[Suppressed, ...] = ()
