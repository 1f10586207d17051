"""What a Jinja template reads of the instances that it is given.

Jinja's own parser reads the templates: https://jinja.palletsprojects.com/en/stable/api/#the-meta-api
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from jinja2 import Environment, TemplateError, nodes

from greenshift.shift.kinds.classes import Classes
from greenshift.shift.loading.members import Members
from greenshift.shift.loading.paths import Path
from greenshift.shift.project import Class

LONGEST = 4
ATTRIBUTE_FILTERS = {"map", "sort", "sum", "unique", "groupby", "selectattr", "rejectattr", "min", "max", "join"}
"""Filters that read an attribute that is named by a string."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name in a template may be: an instance, or a collection of such.

    Attributes:
        key: What the caller knows the instance by that it put in.
        cls: The class.
        path: The relationships that led there from what was put in.
    """

    key: int
    cls: Class
    path: Path = ()


Names = Mapping[str, frozenset[Bound]]
NOTHING: frozenset[Bound] = frozenset()


class Templates:
    """The templates of a project.

    Args:
        texts: Relative path to text.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._parsed: dict[str, nodes.Template | None] = {}
        self._environment = Environment(
            autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.i18n"]
        )

    def file(self, name: str, near: str) -> str | None:
        """Return the file that a template's name means.

        Args:
            name: As the application names it, relative to a folder of templates.
            near: The file that names it: of several, the one nearest to it.
        """
        name = name.lstrip("./")
        found = [one for one in self._texts if one == name or one.endswith(f"/{name}")]
        return min(found, key=lambda one: (-_shared(one, near), len(one)), default=None)

    def parsed(self, file: str) -> nodes.Template | None:
        """Return a template's syntax tree; None where it is none."""
        if file not in self._parsed:
            try:
                self._parsed[file] = self._environment.parse(self._texts[file])
            except (TemplateError, RecursionError):
                self._parsed[file] = None
        return self._parsed[file]


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False):
        if left != right:
            break
        count += 1
    return count


@dataclass
class Reading:
    """What rendering a template reads.

    Attributes:
        paths: The relationships read, by the key of the instance.
        unknown: Templates that are not there, or do not parse.
    """

    paths: dict[int, set[Path]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


class TemplateReader:
    """Follows names through a template, what it includes, extends and imports.

    Args:
        templates: The project's templates.
        classes: The class hierarchies.
        members: What properties read.
    """

    def __init__(self, templates: Templates, classes: Classes, members: Members) -> None:
        self._templates = templates
        self._classes = classes
        self._members = members

    def read(self, file: str, names: Names, anywhere: frozenset[Bound] = NOTHING) -> Reading:
        """Return what rendering a template reads.

        Args:
            file: The template.
            names: What its context's names are bound to.
            anywhere: What any other name may be, where the context was made elsewhere.
        """
        reading = Reading()
        _Rendering(self, reading, file, anywhere).template(file, dict(names))
        return reading

    def attribute(self, reading: Reading, bound: Iterable[Bound], name: str) -> frozenset[Bound]:
        """Note that an attribute is read, and return what it is."""
        found: set[Bound] = set()
        for one in bound:
            relationship = self._classes.relationships(one.cls).get(name)
            for path in self._members.paths(one.cls, name):
                if len(one.path) + len(path) <= LONGEST:
                    reading.paths.setdefault(one.key, set()).add((*one.path, *path))
            if relationship is None:
                # A dictionary's or a list's own method gives the same instances: `orders.items()`.
                if self._classes.method(one.cls, name) is None and name in ("items", "values", "all"):
                    found.add(one)
            elif relationship.target is not None and len(one.path) < LONGEST:
                found.add(Bound(one.key, relationship.target, (*one.path, name)))
        return frozenset(found)

    def file(self, name: str, near: str) -> str | None:
        """Return the file that a template's name means."""
        return self._templates.file(name, near)

    def parsed(self, file: str) -> nodes.Template | None:
        """Return a template's syntax tree."""
        return self._templates.parsed(file)


class _Rendering:
    def __init__(self, reader: TemplateReader, reading: Reading, file: str, anywhere: frozenset[Bound]) -> None:
        self.reader = reader
        self.reading = reading
        self.file = file
        self.anywhere = anywhere
        self.macros: dict[str, nodes.Macro | nodes.CallBlock] = {}
        self.active: set[object] = set()

    def template(self, file: str, names: dict[str, frozenset[Bound]]) -> None:
        tree = self.reader.parsed(file)
        if tree is None:
            self.reading.unknown.add(file)
        elif file not in self.active:
            self.active.add(file)
            self._collect_macros(tree)
            self.statements(tree.body, names)
            self.active.discard(file)

    def _collect_macros(self, tree: nodes.Template, prefix: str = "") -> None:
        for macro in tree.find_all(nodes.Macro):
            self.macros[prefix + macro.name] = macro

    def statements(self, body: Iterable[nodes.Node], names: dict[str, frozenset[Bound]]) -> None:
        for node in body:
            handle: Callable[..., None] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
            if handle is not None:
                handle(node, names)
            elif isinstance(node, nodes.Expr):
                self.expression(node, names)
            else:
                self.statements(node.iter_child_nodes(), names)

    def _for(self, node: nodes.For, names: dict[str, frozenset[Bound]]) -> None:
        inner = dict(names)
        _bind(inner, node.target, self.expression(node.iter, names))
        if node.test is not None:
            self.expression(node.test, inner)
        self.statements(node.body, inner)
        self.statements(node.else_, names)

    def _assign(self, node: nodes.Assign, names: dict[str, frozenset[Bound]]) -> None:
        # `{% set %}` in a branch may or may not have run: both are kept.
        _bind(names, node.target, self.expression(node.node, names), also=True)

    def _with(self, node: nodes.With, names: dict[str, frozenset[Bound]]) -> None:
        inner = dict(names)
        for target, value in zip(node.targets, node.values, strict=True):
            _bind(inner, target, self.expression(value, names))
        self.statements(node.body, inner)

    def _macro(self, node: nodes.Macro, names: dict[str, frozenset[Bound]]) -> None:
        """Its body is read where it is called."""

    def _extends(self, node: nodes.Extends, names: dict[str, frozenset[Bound]]) -> None:
        self._other(node.template, names)

    def _include(self, node: nodes.Include, names: dict[str, frozenset[Bound]]) -> None:
        self._other(node.template, names)

    def _import(self, node: nodes.Import, names: dict[str, frozenset[Bound]]) -> None:
        for tree in self._trees(node.template):
            self._collect_macros(tree, f"{node.target}.")

    def _fromimport(self, node: nodes.FromImport, names: dict[str, frozenset[Bound]]) -> None:
        for tree in self._trees(node.template):
            macros = {macro.name: macro for macro in tree.find_all(nodes.Macro)}
            for one in node.names:
                original, name = one if isinstance(one, tuple) else (one, one)
                if original in macros:
                    self.macros[name] = macros[original]

    def _other(self, node: nodes.Expr, names: dict[str, frozenset[Bound]]) -> None:
        for name in _constants(node):
            file = self.reader.file(name, self.file)
            if file is None:
                self.reading.unknown.add(name)
            else:
                self.template(file, dict(names))

    def _trees(self, node: nodes.Expr) -> Iterator[nodes.Template]:
        for name in _constants(node):
            file = self.reader.file(name, self.file)
            tree = None if file is None else self.reader.parsed(file)
            if tree is None:
                self.reading.unknown.add(name)
            else:
                yield tree

    def expression(self, node: nodes.Node, names: dict[str, frozenset[Bound]]) -> frozenset[Bound]:
        """Note what an expression reads, and return what it may be."""
        if isinstance(node, nodes.Name):
            return names.get(node.name, self.anywhere)
        if isinstance(node, nodes.Getattr):
            return self.reader.attribute(self.reading, self.expression(node.node, names), node.attr)
        if isinstance(node, nodes.Getitem):
            inner = self.expression(node.node, names)
            self.expression(node.arg, names)
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                return self.reader.attribute(self.reading, inner, node.arg.value)
            return inner
        if isinstance(node, nodes.Call):
            return self._call(node, names)
        if isinstance(node, nodes.Filter):
            return self._filter(node, names)
        if isinstance(node, nodes.Test | nodes.Compare | nodes.Not):
            self._children(node, names)
            return NOTHING
        return self._children(node, names)

    def _children(self, node: nodes.Node, names: dict[str, frozenset[Bound]]) -> frozenset[Bound]:
        return frozenset(one for child in node.iter_child_nodes() for one in self.expression(child, names))

    def _call(self, node: nodes.Call, names: dict[str, frozenset[Bound]]) -> frozenset[Bound]:
        given = [self.expression(one, names) for one in node.args]
        named = {one.key: self.expression(one.value, names) for one in node.kwargs}
        macro = self.macros.get(_dotted(node.node))
        if macro is None:
            return self.expression(node.node, names)
        if macro not in self.active:
            self.active.add(macro)
            inner = dict(names)
            inner.update(zip((one.name for one in macro.args), given, strict=False))
            inner.update(named)
            self.statements(macro.body, inner)
            self.active.discard(macro)
        return NOTHING

    def _callblock(self, node: nodes.CallBlock, names: dict[str, frozenset[Bound]]) -> None:
        self.expression(node.call, names)
        self.statements(node.body, names)

    def _filter(self, node: nodes.Filter, names: dict[str, frozenset[Bound]]) -> frozenset[Bound]:
        bound = self.expression(node.node, names) if node.node is not None else NOTHING
        for argument in [*node.args, *(one.value for one in node.kwargs)]:
            self.expression(argument, names)
        found = bound
        if node.name in ATTRIBUTE_FILTERS:
            arguments = [one.value for one in node.kwargs if one.key == "attribute"] or node.args[:1]
            for argument in arguments:
                if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
                    found = bound
                    for name in argument.value.split("."):
                        found = self.reader.attribute(self.reading, found, name)
        return found if node.name == "map" else bound


def _bind(
    names: dict[str, frozenset[Bound]], target: nodes.Node, bound: frozenset[Bound], *, also: bool = False
) -> None:
    for one in [target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name):
        names[one.name] = bound | names.get(one.name, NOTHING) if also else bound


def _constants(node: nodes.Node) -> list[str]:
    """The templates that an expression may name: also of a list, or of ``a if b else c``."""
    found = [node] if isinstance(node, nodes.Const) else list(node.find_all(nodes.Const))
    return [one.value for one in found if isinstance(one.value, str)]


def _dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    return ""
