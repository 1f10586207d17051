"""Adds loader options to the statements, and to ``get`` and ``merge``, whose instances' relationships are read."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import partial

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.loading.analysis import Loading, Reader
from greenshift.shift.loading.existing import ExistingOptions, existing_options
from greenshift.shift.loading.paths import EAGER, Path, relationships_on, stops_at
from greenshift.shift.loading.sites import Site
from greenshift.shift.project import Class, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.arguments import add_argument
from greenshift.shift.rewrite.prepare.class_names import ClassNames
from greenshift.shift.rewrite.prepare.getting import write_as_select
from greenshift.shift.rewrite.prepare.option_texts import OptionWriter, UnwritableError, laid_out_options

Unproved = dict[Relationship, list[Reader]]


class StatementOptions:
    """Adds ``selectinload`` where it is proved that a relationship is read.

    Args:
        context: The stage's context.
        with_model: Relationships that the model will load with every query: options pass them through.
    """

    def __init__(self, context: Context, with_model: Iterable[Relationship]) -> None:
        self.context = context
        self.names = ClassNames(context)
        self.existing = existing_options(context.kinds)
        self.with_model = set(with_model)
        self.returns: set[Relationship] = set()
        self.failed: Unproved = {}
        self._is_writing = False

    def plan(self, loading: Loading) -> Unproved:
        """Return the relationships for which no option can be written.

        Args:
            loading: What is read.
        """
        self._run(loading)
        return self.failed

    def write(self, loading: Loading) -> None:
        """Write the options.

        Args:
            loading: What is read.
        """
        self._is_writing = True
        self._run(loading)

    def _need(self, module: Module, source: str, name: str) -> str:
        return self.context.imports(module).need(source, name) if self._is_writing else name

    def _run(self, loading: Loading) -> None:
        self.returns = loading.returns
        for site, demands in loading.demands.items():
            if site.kind in ("constructor", "factory"):
                continue
            existing = self.existing.get(site.node, ExistingOptions())
            by_root: dict[Class, tuple[ast.expr | None, dict[Path, list[Reader]]]] = {}
            for path, readers in demands.items():
                root, entity = self._root(site, path)
                if root is None:
                    continue
                by_root.setdefault(root, (entity, {}))[1][path] = readers
            for root, (entity, paths) in by_root.items():
                self._add(site, root, entity, paths, existing)

    def _root(self, site: Site, path: Path) -> tuple[Class | None, ast.expr | None]:
        for cls, entity in site.roots:
            if relationships_on(self.context.kinds.classes, cls, path) is not None:
                return cls, entity
        return None, None

    def _add(
        self,
        site: Site,
        root: Class,
        entity: ast.expr | None,
        paths: dict[Path, list[Reader]],
        existing: ExistingOptions,
    ) -> None:
        wanted = _prefixes(paths) - existing.loaded
        wanted = {path for path in wanted if not _is_refused(path, existing)}
        wanted = {path for path in wanted if not self._is_eager(root, path)}
        if not wanted and site.kind != "get":
            return
        context, module = self.context, site.module
        passed = existing.loaded | {path for path in _prefixes(paths) if self._is_eager(root, path)}
        writer = OptionWriter(
            context.kinds.classes,
            root,
            ast.unparse(entity) if entity is not None else root.name,
            frozenset(passed),
            lambda cls: self.names.name(module, cls, entity, partial(self._need, module)),
            lambda name: self._need(module, "sqlalchemy.orm", name),
        )
        try:
            texts = writer.texts(_longest(wanted))
        except UnwritableError:
            for path in wanted:
                chain = relationships_on(context.kinds.classes, root, path) or []
                for readers in [readers for whole, readers in paths.items() if whole[: len(path)] == path]:
                    if chain:
                        self.failed.setdefault(chain[-1], []).extend(readers)
            return
        if not self._is_writing:
            return
        if site.kind == "get" and write_as_select(context, site.module, site.node, root, texts):
            context.count("loader options", len(texts))
            return
        if not texts:
            return
        self._write(site, texts, existing)
        context.count("loader options", len(texts))

    def _is_eager(self, root: Class, path: Path) -> bool:
        classes = self.context.kinds.classes
        chain = relationships_on(classes, root, path)
        if chain is None or not (chain[-1].lazy in EAGER or chain[-1] in self.with_model):
            return False
        return chain[-1] in self.returns or not stops_at(classes, root, chain)

    def _write(self, site: Site, texts: list[str], existing: ExistingOptions) -> None:
        edits = self.context.edits(site.module)
        joined = ", ".join(texts)
        line = edits.source.line_start(edits.source.end(site.node))
        laid_out = laid_out_options(texts, edits.source.end(site.node) - line, edits.source.indentation_at(line))
        own = [call for call in existing.calls if self.context.kinds.module_by_node.get(call) is site.module]
        if site.kind == "statement":
            chained = [call for call in own if _begins_with(call, site.node)]
            if chained:
                add_argument(edits, chained[0], joined)
                return
            behind = edits.source.text[edits.source.end(site.node) :]
            rest = behind.lstrip(" \t")
            broken = rest[:1] == "\n" and rest.lstrip().startswith(".")
            indent = rest[: len(rest) - len(rest.lstrip())] if broken else ""
            edits.insert_after(site.node, f"{indent}.options({laid_out})")
            return
        for keyword in site.node.keywords:
            if keyword.arg == "options":
                if isinstance(keyword.value, ast.List | ast.Tuple):
                    last = keyword.value.elts[-1] if keyword.value.elts else None
                    if last is not None:
                        edits.insert_after(last, f", {joined}")
                    else:
                        edits.replace_node(keyword.value, f"[{joined}]")
                else:
                    self.context.leave(
                        site.module, site.node, "lazy load", f"options are computed here: they need {joined}"
                    )
                return
        add_argument(edits, site.node, f"options=[{laid_out}]")


def _begins_with(call: ast.Call, site: ast.Call) -> bool:
    """Whether a chain of calls begins with another call."""
    node: ast.expr = call
    while node is not site:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            node = node.value
        else:
            return False
    return True


def _prefixes(paths: dict[Path, list[Reader]]) -> set[Path]:
    return {path[: index + 1] for path in paths for index in range(len(path))}


def _longest(paths: set[Path]) -> list[Path]:
    """Those paths that are not the beginning of another."""
    return [path for path in sorted(paths) if not any(other != path and other[: len(path)] == path for other in paths)]


def _is_refused(path: Path, existing: ExistingOptions) -> bool:
    return any(path[: index + 1] in existing.refused for index in range(len(path)))
