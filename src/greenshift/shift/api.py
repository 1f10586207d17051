"""Plan a shift: all stages in memory, as one set of changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from greenshift.patch import Change, ChangeSet
from greenshift.shift.errors import ShiftError
from greenshift.shift.facts import settings_facts
from greenshift.shift.garbage import rare_collections
from greenshift.shift.greenshift_tests import refuse_without_variable, shift_tests
from greenshift.shift.project import SkippedFile, Source
from greenshift.shift.reading import Tree, read_tree
from greenshift.shift.rewrite.context import STAGES, Left, Options
from greenshift.shift.rewrite.stages import StageResult, run_stage
from greenshift.shift.settings import Note, settings_changes
from greenshift.shift.settings.type_checker import is_type_checked


@dataclass
class Plan:
    """What a shift would change.

    Attributes:
        root: The application's folder.
        stages: What each stage made.
        changes: All changes, of code and project files.
        notes: What to know about project files.
        skipped: Files that could not be read as Python.
    """

    root: Path
    stages: list[StageResult]
    changes: ChangeSet
    notes: list[Note] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)

    @property
    def left(self) -> list[Left]:
        """The places left as they are, or to look at, of the last stage that listed each."""
        # A query that one stage left is bridged by the flip, which says so itself.
        return sorted({one for stage in self.stages for one in stage.left})

    @property
    def native(self) -> int:
        """Database calls that are natively async."""
        return self._count("native")

    @property
    def bridged(self) -> int:
        """Database calls that run inside ``run_sync``."""
        return self._count("bridged")

    @property
    def unchanged(self) -> int:
        """Database calls that stay sync: scripts, migrations, places that are listed."""
        return self._count("left")

    def _count(self, name: str) -> int:
        return sum(stage.counts.get(name, 0) for stage in self.stages if stage.stage == "flip")

    def as_dict(self) -> dict[str, Any]:
        """Return the plan for ``--json``."""
        return {
            "root": str(self.root),
            "files": [change.path for change in self.changes.changes],
            "stages": [{"stage": one.stage, "changed": one.changed} for one in self.stages],
            "native": self.native,
            "bridged": self.bridged,
            "left": self.unchanged,
            "places": [
                {"file": one.place.file, "line": one.place.line, "kind": one.kind, "reason": one.reason}
                for one in self.left
            ],
            "notes": [{"file": one.file, "line": one.line, "text": one.text} for one in self.notes],
            "skipped": [{"file": one.file, "reason": one.reason} for one in self.skipped],
        }


@rare_collections()
def plan_shift(
    root: Path,
    *,
    options: Options | None = None,
    stages: Sequence[str] = STAGES,
    progress: Callable[[str, int], None] | None = None,
) -> Plan:
    """Work out how an application is shifted; nothing is written.

    Args:
        root: The application's folder.
        options: What the user chose.
        stages: The stages to run, in their order.
        progress: Called with the stage and the number of functions looked at so far.

    Returns:
        The plan: its ``changes.apply()`` makes it so.

    Raises:
        ShiftError: The folder holds no Python file, or no application of SQLAlchemy; or its tests cannot be put on
            Greenshift's fixtures, as the options want it.
    """
    chosen = replace(options or Options(), is_type_checked=is_type_checked(root))
    tree = read_tree(root)
    if not any("sqlalchemy" in text or "sqlmodel" in text for text in tree.texts.values()):
        raise ShiftError(f"nothing under {root} imports SQLAlchemy", "name the folder of an application that uses it")
    own_tests_go = chosen.tests == "greenshift" and "flip" in stages
    if own_tests_go:
        refuse_without_variable(tree.texts)
    texts = dict(tree.texts)
    sources: dict[str, Source] = {}
    results: list[StageResult] = []
    for stage in stages:
        result = run_stage(
            stage,
            texts,
            chosen,
            progress=(lambda count, stage=stage: progress(stage, count)) if progress else None,  # type: ignore[misc]
            sources=sources,
            templates=tree.templates,
        )
        results.append(result)
        texts, sources = result.texts, result.sources
        chosen = replace(chosen, postgres_driver=result.driver or chosen.postgres_driver)  # type: ignore[arg-type]
        result.sources = {}
    flipped = any(result.changed for result in results if result.stage == "flip")
    facts = settings_facts(tree.texts, texts, chosen)
    if own_tests_go and flipped:
        result, table = shift_tests(
            texts, chosen, before=tree.texts, driver=facts.postgres_driver, postgresql=facts.uses_postgresql
        )
        results.append(result)
        texts = result.texts
        facts = replace(settings_facts(tree.texts, texts, chosen), greenshift=table)
        if table is not None and table.app is not None:
            facts = replace(facts, test_needs_httpx=True)
    skipped = [*tree.skipped, *(one for result in results[:1] for one in result.skipped)]
    changes = _changes(tree, texts)
    notes: list[Note] = []
    if flipped:
        more, notes = settings_changes(root, facts)
        changes += more
        if facts.uses_postgresql:
            notes = [*_driver_notes(results), *notes]
    return Plan(root, results, ChangeSet(root, changes), notes, skipped)


def _driver_notes(results: list[StageResult]) -> list[Note]:
    """Why the driver is not asyncpg."""
    refused = [one for result in results for one in result.refused]
    if not refused:
        return []
    first, places = refused[0], {one.place for one in refused}
    more = f", as in {len(places) - 1} more places" if len(places) > 1 else ""
    said = f"the driver is psycopg: {first}{more}, and asyncpg refuses it; --driver asyncpg chooses that all the same"
    return [Note(first.place.file, first.place.line, said)]


def _changes(tree: Tree, texts: dict[str, str]) -> list[Change]:
    return [
        Change(file, tree.contents[file], tree.encode(file, text))
        for file, text in texts.items()
        if text != tree.texts.get(file)
    ]
