"""Names of the sync API become those of the async one, as ``[tool.greenshift.mirror] names`` says."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from greenshift.shift.mirror.naming import rename_definition
from greenshift.shift.mirror.plugin_fixtures import asking_for
from greenshift.shift.project import Source
from greenshift.shift.rewrite.edits import Edits


def with_mapped_names(source: Source, names: Mapping[str, str]) -> Source:
    """Return a module in which mapped names stand for the async API.

    A dotted key is a name that is imported: ``from blog.models import User`` becomes ``from blog.async_models import
    AsyncUser``, and every ``User`` an ``AsyncUser``. A key that is a module renames the module of such imports. A plain
    key is a name wherever it is bound, and a fixture that tests ask for. A name imported under another one keeps that
    one; what is defined beside its counterpart stays as it is.

    Args:
        source: The module.
        names: Old name to new name.
    """
    mapping = _Mapping(source, names)
    return asking_for(mapping.apply(), mapping.fixtures)


class _Mapping:
    def __init__(self, source: Source, names: Mapping[str, str]) -> None:
        self.source = source
        self.dotted = {old: new for old, new in names.items() if "." in old}
        self.modules = {**self.dotted, **{old: new for old, new in names.items() if "." not in old}}
        plain = {old: new for old, new in names.items() if "." not in old and "." not in new}
        defined = {getattr(node, "name", "") for node in source.tree.body}
        self.local = {old: new for old, new in plain.items() if not {old, new} <= defined}
        self.fixtures = dict(plain)
        self.edits = Edits(source)

    def apply(self) -> Source:
        for node in self.source.nodes_of(ast.ImportFrom):
            if not node.level and node.module:
                self._from_import(node, node.module)
        for plain in self.source.nodes_of(ast.Import):
            for alias in plain.names:
                if alias.name in self.modules and alias.asname:
                    self.edits.replace_node(alias, f"{self.modules[alias.name]} as {alias.asname}")
        self._uses()
        return Source(self.source.file, self.edits.apply()) if self.edits else self.source

    def _from_import(self, node: ast.ImportFrom, module: str) -> None:
        lines: dict[str, list[str]] = {}
        is_changed = False
        for alias in node.names:
            target = self.dotted.get(f"{module}.{alias.name}")
            if target is None and alias.name in self.local:
                target = f"{self.modules.get(module, module)}.{self.local[alias.name]}"
            if target is None and module in self.modules:
                target = f"{self.modules[module]}.{alias.name}"
            if target is None:
                lines.setdefault(module, []).append(_with_alias(alias.name, alias.asname))
                continue
            is_changed = True
            into, _, name = target.rpartition(".")
            lines.setdefault(into or module, []).append(_with_alias(name, alias.asname))
            if alias.asname is None and name != alias.name:
                self.local[alias.name] = name
        if is_changed:
            indentation = self.source.indentation(node)
            made = [f"from {into} import {', '.join(sorted(names))}" for into, names in sorted(lines.items())]
            self.edits.replace_node(node, f"\n{indentation}".join(made))

    def _uses(self) -> None:
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, self.local))})\b") if self.local else None
        for node in self.source.nodes:
            if isinstance(node, ast.Name) and node.id in self.local:
                self.edits.replace_node(node, self.local[node.id])
            elif isinstance(node, ast.Attribute) and (dotted := _dotted(node)) in self.dotted:
                self.edits.replace_node(node, self.dotted[dotted])
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in self.local:
                rename_definition(self.source, self.edits, node, self.local[node.name])
            if pattern is not None and isinstance(node, ast.ClassDef):
                self._forward_references(node, pattern)

    def _forward_references(self, node: ast.ClassDef, pattern: re.Pattern[str]) -> None:
        """``LazyAttribute["list[Post]"]("Post")`` in the body of a class names a class of the module."""
        for statement in node.body:
            if not isinstance(statement, ast.Assign | ast.AnnAssign):
                continue
            for one in ast.walk(statement):
                if not isinstance(one, ast.Constant) or not isinstance(one.value, str):
                    continue
                if pattern.search(one.value) and _is_expression(one.value):
                    text = pattern.sub(lambda found: self.local[found.group()], self.source.segment(one))
                    self.edits.replace_node(one, text)


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _with_alias(name: str, alias: str | None) -> str:
    return f"{name} as {alias}" if alias and alias != name else name


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return node.id if isinstance(node, ast.Name) else ""
