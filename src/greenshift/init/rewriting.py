"""``--from``: the tests' own fixtures become Greenshift's."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from greenshift.init.errors import InitError
from greenshift.init.findings import Findings
from greenshift.init.layout import SOURCES, Layout
from greenshift.init.own_fixtures import PYTEST_SQLA, OwnFixtures
from greenshift.init.pytest_sqla import rewrite_pytest_sqla
from greenshift.init.requirements import replace_requirements
from greenshift.init.source_tree import SourceTree
from greenshift.init.writing import Files
from greenshift.shift.greenshift_tests import closed_up
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.stages import run_stage

if TYPE_CHECKING:
    from greenshift.init.planning import Plan

_PACKAGES: Final = {
    "pytest-postgresql": "pytest-postgresql",
    "pytest-sqla": "pytest-sqla",
    "testcontainers": "testcontainers",
}


def rewrite_tests(tree: SourceTree, layout: Layout, found: Findings, files: Files, plan: Plan, source: str) -> None:
    """Rewrite the tests' fixtures, as far as they are recognised.

    Args:
        tree: the project's files.
        layout: how it is tested.
        found: what was found.
        files: the project's files, as they are to be.
        plan: gets what was rewritten, and what was left.
        source: of :data:`SOURCES`, or ``auto``.

    Raises:
        InitError: there is no such source, or nothing of it in the tests.
    """
    from greenshift.init.planning import LeftAlone

    if source not in (*SOURCES, "auto"):
        raise InitError(f"--from {source}: no such choice", f"choose one of {', '.join((*SOURCES, 'auto'))}")
    if source != "auto" and source not in layout.uses and not (source == "conftest" and layout.has_tests):
        uses = ", ".join(layout.uses) or "none of them"
        raise InitError(
            f"--from {source}: the tests do not use it (found: {uses})", "leave it out, or give --from auto"
        )
    chosen = layout.uses if source == "auto" else [source]
    variables = list(found.table["env"]) if isinstance(found.table.get("env"), list | dict) else []  # type: ignore[call-overload]
    before = {path: text for path, text in tree.texts.items() if path.endswith(".py")}
    became: dict[str, str] = {}

    def fix(context: Context) -> None:
        own = OwnFixtures(context, variables)
        own.run()
        for role, text in own.rewritten():
            place = role.function.place
            became[f"{place.file}:{place.line}"] = f"{role.function.name} {text}"

    result = run_stage("tests", before, fixers=[fix])
    for path in result.changed:
        files.put(path, _joined_imports(closed_up(result.texts[path])))
    for one in result.left:
        place = f"{one.place.file}:{one.place.line}"
        if result.changed and place in became:
            plan.notes.append(f"{place}: {one.reason}")
        else:
            plan.left.append(LeftAlone(place, one.reason))
    if result.changed:
        plan.rewritten += [f"{place}: {text}" for place, text in became.items()]
    if "pytest-sqla" in chosen:
        rewrite_pytest_sqla(tree, layout, files, plan, PYTEST_SQLA)
    for name in chosen:
        package = _PACKAGES.get(name)
        if package is not None and not _still_used(tree, files, package):
            replace_requirements(tree, files, package, plan)
    if not plan.rewritten:
        found.ask(
            "nothing of the tests' fixtures was recognised" + (" as a whole" if plan.left else ""),
            f"{layout.folder}/conftest.py: by hand; docs/coming-from says how",
        )


def _still_used(tree: SourceTree, files: Files, package: str) -> bool:
    module = package.replace("-", "_")
    return any(module in (files.text(path) or "") for path in tree.texts if path.endswith(".py"))


def _joined_imports(text: str) -> str:
    """The text with at most one empty line between what stands at a module's top."""
    lines = text.splitlines(keepends=True)
    tops = (ast.Import, ast.ImportFrom, ast.Expr)
    for above, below in reversed(list(pairwise(ast.parse(text).body))):
        if isinstance(above, tops) and isinstance(below, ast.Import | ast.ImportFrom):
            between = lines[above.end_lineno or 0 : below.lineno - 1]
            if len(between) > 1 and not any(line.strip() for line in between):
                lines[above.end_lineno or 0 : below.lineno - 1] = ["\n"]
    return "".join(lines)
