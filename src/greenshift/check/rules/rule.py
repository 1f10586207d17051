"""What a rule is: its words, its samples, and how it looks at engines, factories, programs, servers and services."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from greenshift.check.facts import Engine, Program, SessionFactory
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Edit, Finding, Place, RuleDescription, Severity


@dataclass(frozen=True, slots=True)
class Sample:
    """A small program that a rule finds fault with (bad), or not (good): its test, and its documentation.

    Attributes:
        files: path to text; a rule about drift has one folder a service.
        server: what a server says, for rules about servers.
        fixed: what the rule's edits make of the files, for a bad sample of a rule with an autofix.
        finds: a text that the finding's message has.
    """

    files: Mapping[str, str]
    server: ServerFacts | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    finds: str = ""


def code(text: str, *, fixed: str = "", finds: str = "", path: str = "app/database.py") -> Sample:
    """Return a sample of one file.

    Args:
        text: the file's text.
        fixed: what the rule's edits make of it.
        finds: a text that the finding's message has.
        path: the file's path.
    """
    return Sample({path: text}, fixed={path: fixed} if fixed else {}, finds=finds)


class Rule(ABC):
    """One rule. A subclass overrides the methods for what it looks at; each yields findings.

    A rule speaks only where it is sure: what cannot be told is no finding.

    Attributes:
        id: ``GS`` and three digits, of which the first is the family.
        title: one line: what is wrong.
        severity: ``ERROR`` fails as soon as it runs; ``WARNING`` fails under load, at an upgrade, or loses something;
            ``ADVICE`` would be better, and is shown only when asked for.
        why: a paragraph: what happens, to whom, when.
        source: the URL of the authority on which it rests.
        fix: a paragraph: what to do.
        bad: samples that it finds fault with; each is a test.
        good: samples that it accepts, the near misses above all; each is a test.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    why: ClassVar[str]
    source: ClassVar[str]
    fix: ClassVar[str]
    bad: ClassVar[Sequence[Sample]]
    good: ClassVar[Sequence[Sample]]

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at one engine, read from source or built."""
        return ()

    def session_factory(self, factory: SessionFactory, program: Program) -> Iterable[Finding]:
        """Look at one session factory, or one session made directly."""
        return ()

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at a program as a whole: how its code uses engines and sessions."""
        return ()

    def server(self, server: ServerFacts, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at a server, and at the programs that use it."""
        return ()

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at several services side by side."""
        return ()

    @classmethod
    def description(cls) -> RuleDescription:
        """Return the rule's words, for reports."""
        page = f"rules/{cls.id}.md"
        return RuleDescription(cls.id, cls.title, cls.severity, cls.why, cls.source, cls.fix, page)

    def found(
        self,
        message: str,
        place: Place,
        *,
        subject: str = "",
        fix: str = "",
        edits: Iterable[Edit] = (),
        severity: Severity | None = None,
        related: Iterable[tuple[Place, str]] = (),
    ) -> Finding:
        """Return a finding of this rule.

        Args:
            message: one line: what is there, and what comes of it.
            place: where it is.
            subject: what it is about, so that a baseline finds it again when lines move.
            fix: one line: what to write instead; the rule's own words by default.
            edits: what mends it, where that is safe.
            severity: where it differs from the rule's.
            related: other places, each with what it has to do with it.
        """
        return Finding(
            self.id, severity or self.severity, message, place, fix or self.fix, tuple(edits), subject, tuple(related)
        )
