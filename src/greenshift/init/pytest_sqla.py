"""The fixtures and settings of pytest-sqla: their names stay, what they give is Greenshift's."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tomlkit

from greenshift.init.layout import Layout
from greenshift.init.source_tree import SourceTree
from greenshift.init.writing import SECTIONS, Files
from greenshift.shift.settings.ini_lines import IniLines

if TYPE_CHECKING:
    from greenshift.init.planning import Plan


def rewrite_pytest_sqla(tree: SourceTree, layout: Layout, files: Files, plan: Plan, names: Mapping[str, str]) -> None:
    """Keep the names of pytest-sqla's fixtures, and take its settings out.

    Args:
        tree: the project's files.
        layout: how it is tested.
        files: the project's files, as they are to be.
        plan: gets what was rewritten, and what was left.
        names: each fixture of pytest-sqla's, and Greenshift's.
    """
    from greenshift.init.planning import LeftAlone

    used: dict[str, str] = {}
    for file in tree.tests:
        text = files.text(file.path) or ""
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.arg) and node.arg.startswith("sqla_"):
                used.setdefault(node.arg, f"{file.path}:{node.lineno}")
    for name, place in used.items():
        if name not in names:
            plan.left.append(LeftAlone(place, f"{name} is a fixture of pytest-sqla that has no counterpart"))
    wanted = {name: names[name] for name in sorted(used) if name in names}
    conftest = "conftest.py" if layout.folder == "." else f"{layout.folder}/conftest.py"
    text = files.text(conftest) or ""
    present = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    blocks = [
        f"@pytest.fixture\ndef {name}({given}):\n    return {given}\n"
        for name, given in wanted.items()
        if name not in present
    ]
    if blocks:
        if not re.search(r"^import pytest$", text, re.MULTILINE):
            text = _with_import(text)
        files.put(conftest, text.rstrip("\n") + ("\n\n\n" if text.strip() else "") + "\n\n".join(blocks))
        for name, given in wanted.items():
            plan.rewritten.append(f"{conftest}: {name} is {given} now")
    _take_settings_out(layout, files, plan)


def _with_import(text: str) -> str:
    at = 0
    for node in ast.parse(text).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_text and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        at = node.end_lineno or 0
    lines = text.splitlines(keepends=True)
    head, rest = "".join(lines[:at]), "".join(lines[at:]).lstrip("\n")
    return f"{head}{chr(10) if head else ''}import pytest\n{chr(10) if rest else ''}{rest}"


def _take_settings_out(layout: Layout, files: Files, plan: Plan) -> None:
    name = layout.settings
    text = files.text(name) if name is not None else None
    if name is None or text is None or "sqla_" not in text:
        return
    if name in SECTIONS:
        ini = IniLines(text)
        for option in reversed([one for one in ini.options if one.key.startswith("sqla_")]):
            del ini.lines[option.line : option.end]
        new = ini.text
    else:
        document: Any = tomlkit.parse(text)
        table = document["tool"]["pytest"] if name == "pyproject.toml" else document["pytest"]
        table = table.get("ini_options", table)
        for key in [key for key in table if key.startswith("sqla_")]:
            del table[key]
        new = tomlkit.dumps(document)
    if new != text:
        files.put(name, new)
        plan.rewritten.append(f"{name}: the settings sqla_... are gone")
