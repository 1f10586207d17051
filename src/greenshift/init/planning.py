"""What is to be written for a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from greenshift.init.findings import Findings
from greenshift.init.importing import missing_folder
from greenshift.init.looking import look
from greenshift.init.proof_text import proof_text
from greenshift.init.source_tree import SourceTree
from greenshift.init.writing import Files, test_file, write_pythonpath, write_table, write_variables
from greenshift.patch import ChangeSet


@dataclass(frozen=True)
class LeftAlone:
    """Something of the tests' own that was not rewritten.

    Attributes:
        place: ``file:line``.
        reason: why.
    """

    place: str
    reason: str


@dataclass
class Plan:
    """What is to be written.

    Attributes:
        findings: what was found.
        changes: the files.
        test: the test that is written, if it was asked for.
        rewritten: what becomes of the tests' own fixtures, one line each.
        left: what of them was not recognised.
        notes: what else a person should know.
    """

    findings: Findings
    changes: ChangeSet
    test: str | None = None
    rewritten: list[str] = field(default_factory=list)
    left: list[LeftAlone] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_plan(root: Path, *, program: Path, source: str | None, with_test: bool) -> Plan:
    """Look at a project, and make up what is to be written.

    Args:
        root: its folder.
        program: the Python that runs its tests.
        source: what made the tests' database so far, to be rewritten; ``auto`` for what is found; None to leave it.
        with_test: whether to write the test that proves it.

    Raises:
        InitError: there is nothing to set up, or a file cannot be changed.
    """
    tree = SourceTree(root)
    found, layout = look(tree)
    files = Files(root)
    plan = Plan(found, ChangeSet(root, []), notes=list(tree.notes))
    if source is not None:
        from greenshift.init.rewriting import rewrite_tests

        rewrite_tests(tree, layout, found, files, plan, source)
    found.pythonpath = missing_folder(tree, layout, found, program)
    kept = write_table(files, found.table)
    if kept:
        plan.notes.append(f"[tool.greenshift] says otherwise already, and is kept: {', '.join(kept)}")
    if found.pythonpath:
        name = write_pythonpath(files, layout.settings, found.pythonpath)
        found.add("imports", f"pytest has to be told to import from {found.pythonpath}", name)
    if found.required:
        write_variables(files, found.test_folder, found.required)
    if with_test:
        plan.test = test_file(found)
        if files.text(plan.test) is None:
            files.put(plan.test, proof_text(found))
    if "env" in found.table and not found.engine and found.table.get("driver") != "sqlite":
        plan.notes.append(
            "no module holds the application's engine under a name: the proof does not try a commit on it"
        )
    plan.changes = ChangeSet(root, files.changes())
    return plan
