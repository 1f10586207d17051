"""Class hierarchies: bases, subclasses, methods, and which classes are mapped, with their relationships."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.kinds.imperative import imperative_mappings
from greenshift.shift.kinds.names import ExternalName, GlobalName, Names, last_name
from greenshift.shift.project import Class, Function, Module, Project
from greenshift.shift.project.traversal import walk

DECLARATIVE_BASES = {
    "sqlalchemy.orm.DeclarativeBase",
    "sqlalchemy.orm.DeclarativeBaseNoMeta",
    "sqlalchemy.ext.asyncio.AsyncAttrs",
}
DECLARATIVE_FUNCTIONS = {
    "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.declarative_base",
    "sqlalchemy.ext.automap.automap_base",
}
RELATIONSHIP_FUNCTIONS = {"relationship", "Relationship", "backref"}
COLUMN_FUNCTIONS = {"Column", "mapped_column", "column_property", "deferred", "association_proxy", "synonym"}


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a mapped class.

    Attributes:
        cls: The mapped class that declares it (or gets it by ``backref``).
        name: The attribute.
        target: The class on the other side, if it is known.
        is_collection: Whether it gives many; None when not known.
        lazy: The ``lazy=`` argument, if it is a constant.
        node: The call of ``relationship``.
        is_deep: Whether it has a ``join_depth``.
    """

    cls: Class
    name: str
    target: Class | None
    is_collection: bool | None
    lazy: str | None
    node: ast.AST
    is_deep: bool = False


class Classes:
    """What is known of a project's classes without evaluating any function.

    Args:
        project: The project.
        names: Its names.
    """

    def __init__(self, project: Project, names: Names) -> None:
        self.names = names
        self.bases: dict[Class, list[Class]] = {}
        self.external_bases: dict[Class, list[str]] = {}
        self.subclasses: dict[Class, list[Class]] = {}
        self._base_calls: set[Class] = set()
        for cls in project.classes:
            self._read_bases(cls)
        self._lines: dict[Class, list[Class]] = {}
        self._below: dict[Class, list[Class]] = {}
        self._all_externals: dict[Class, set[str]] = {}
        self._by_name: dict[str, list[Class]] = {}
        for cls in project.classes:
            self._by_name.setdefault(cls.name, []).append(cls)
        self._models = {cls for cls in project.classes if self._looks_mapped(cls)}
        imperative = list(imperative_mappings(names, project))
        self._models.update(one.cls for one in imperative)
        self._tables = {one.cls: one.table for one in imperative if one.table is not None}
        self._relationships: dict[Class, dict[str, Relationship]] = {}
        for cls in project.classes:
            if cls in self._models:
                for name, (annotation, value) in cls.assignments.items():
                    self._read_relationship(cls, name, annotation, value, cls.module)
        for one in imperative:
            for name, value in one.properties.items():
                self._read_relationship(one.cls, name, None, value, one.module)

    def _read_bases(self, cls: Class) -> None:
        own: list[Class] = []
        externals: list[str] = []
        for node in cls.node.bases:
            target = self.names.resolve(cls.module, node)
            if target is None and isinstance(node, ast.Name) and isinstance(cls.parent, Class | Function):
                target = next((c for c in cls.module.classes if c.name == node.id and c is not cls), None)
            if isinstance(target, Class):
                own.append(target)
            elif isinstance(target, ExternalName):
                externals.append(target.name)
            elif isinstance(target, GlobalName):
                called = self._called(target)
                if called is not None:
                    externals.append(called)
            elif isinstance(node, ast.Attribute) and node.attr == "Model":
                externals.append("flask_sqlalchemy.Model")
        self.bases[cls] = own
        self.external_bases[cls] = externals
        for base in own:
            self.subclasses.setdefault(base, []).append(cls)

    def _called(self, target: GlobalName) -> str | None:
        """The library function whose result a global name is: ``Base = declarative_base()``."""
        for node in target.module.source.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                for name in node.targets:
                    if isinstance(name, ast.Name) and name.id == target.name:
                        function = self.names.resolve(target.module, node.value.func)
                        if isinstance(function, ExternalName):
                            return function.name
                        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr.endswith("_base"):
                            return "sqlalchemy.orm.declarative_base"
        return None

    def line(self, cls: Class) -> list[Class]:
        """Return a class and its bases in the project, nearest first."""
        found = self._lines.get(cls)
        if found is None:
            found = []
            stack = [cls]
            while stack:
                current = stack.pop(0)
                if current not in found:
                    found.append(current)
                    stack[:0] = self.bases[current]
            self._lines[cls] = found
        return found

    def below(self, cls: Class) -> list[Class]:
        """Return all subclasses, direct and indirect."""
        known = self._below.get(cls)
        if known is None:
            found: dict[Class, None] = {}
            stack = list(self.subclasses.get(cls, []))
            while stack:
                current = stack.pop()
                if current not in found:
                    found[current] = None
                    stack.extend(self.subclasses.get(current, []))
            known = self._below[cls] = list(found)
        return known

    def externals(self, cls: Class) -> set[str]:
        """Return the library classes that a class derives from, directly or through its bases."""
        return {name for one in self.line(cls) for name in self.external_bases[one]}

    def method(self, cls: Class, name: str) -> Function | None:
        """Return the method that an instance's attribute means, if a class of the project defines it."""
        for one in self.line(cls):
            if name in one.functions:
                return one.functions[name]
        return None

    def overriding(self, cls: Class, name: str) -> list[Function]:
        """Return the methods of that name in the subclasses."""
        return [one.functions[name] for one in self.below(cls) if name in one.functions]

    def session_kind(self, cls: Class) -> str | None:
        """Return ``sync`` or ``async`` for a class that derives from a session's class, else None."""
        for name in self.externals(cls):
            root, last = name.partition(".")[0], name.rpartition(".")[2]
            if root in ("sqlalchemy", "sqlmodel") and last in ("Session", "AsyncSession"):
                return "async" if last == "AsyncSession" else "sync"
        return None

    def client_kind(self, cls: Class) -> str | None:
        """Return ``sync`` or ``async`` for a class that derives from a test client's class, else None."""
        for name in self.externals(cls):
            root, last = name.partition(".")[0], name.rpartition(".")[2]
            if name == "httpx.AsyncClient" or (root in ("fastapi", "starlette") and last == "TestClient"):
                return "async" if last == "AsyncClient" else "sync"
        return None

    def is_protocol(self, cls: Class) -> bool:
        """Whether a class is a ``typing.Protocol``."""
        return any(name.endswith(".Protocol") for name in self.external_bases[cls])

    def is_model(self, cls: Class) -> bool:
        """Whether a class is mapped (or a mixin of mapped classes with columns)."""
        return cls in self._models

    def _looks_mapped(self, cls: Class) -> bool:
        if "__tablename__" in cls.assignments or "__table__" in cls.assignments:
            return True
        if any(
            keyword.arg == "table" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            for keyword in cls.node.keywords
        ):
            return True
        for annotation, value in cls.assignments.values():
            if isinstance(value, ast.Call) and last_name(value.func) in COLUMN_FUNCTIONS | {"relationship"}:
                return True
            if annotation is not None and last_name(annotation) in ("Mapped", "WriteOnlyMapped", "DynamicMapped"):
                return True
        if self._is_declarative(cls):
            return False
        return bool(self.externals(cls) & (DECLARATIVE_BASES | DECLARATIVE_FUNCTIONS | {"flask_sqlalchemy.Model"}))

    def _is_declarative(self, cls: Class) -> bool:
        names = set(self.external_bases[cls])
        return bool(
            names & (DECLARATIVE_BASES | {"flask_sqlalchemy.Model"})
            and not names & DECLARATIVE_FUNCTIONS
            and "__tablename__" not in cls.assignments
        )

    def class_named(self, name: str, near: Module) -> Class | None:
        """Return the class that a string in ``relationship("...")`` or an annotation means."""
        candidates = self._by_name.get(name.rpartition(".")[2], [])
        models = [cls for cls in candidates if self.is_model(cls)] if hasattr(self, "_models") else []
        candidates = models or candidates
        own = [cls for cls in candidates if cls.module is near]
        found = own or candidates
        return found[0] if found else None

    def relationships(self, cls: Class) -> dict[str, Relationship]:
        """Return a mapped class's relationships by name, inherited ones included."""
        found: dict[str, Relationship] = {}
        for one in reversed(self.line(cls)):
            found.update(self._relationships.get(one, {}))
        return found

    def _read_relationship(
        self, cls: Class, name: str, annotation: ast.expr | None, value: ast.expr | None, near: Module
    ) -> None:
        called = last_name(value.func) if isinstance(value, ast.Call) else ""
        annotated = last_name(annotation) if annotation is not None else ""
        if called not in ("relationship", "Relationship") and annotated not in ("WriteOnlyMapped", "DynamicMapped"):
            return
        target, is_collection = self._target(cls, annotation, value, near)
        keywords = {k.arg: k.value for k in value.keywords if k.arg} if isinstance(value, ast.Call) else {}
        lazy = keywords.get("lazy")
        uselist = keywords.get("uselist")
        if isinstance(uselist, ast.Constant):
            is_collection = bool(uselist.value)
        own = self._relationships.setdefault(cls, {})
        node: ast.AST = value if value is not None else cls.node
        constant = lazy.value if isinstance(lazy, ast.Constant) and isinstance(lazy.value, str) else None
        # The annotation says it as well: DynamicMapped[...] without lazy="dynamic".
        constant = constant or {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}.get(annotated)
        own[name] = Relationship(cls, name, target, is_collection, constant, node, "join_depth" in keywords)
        backref = keywords.get("backref")
        if target is not None and backref is not None:
            back: ast.expr | None = backref
            if isinstance(backref, ast.Call) and backref.args:
                back = backref.args[0]
            if isinstance(back, ast.Constant) and isinstance(back.value, str):
                many = None if is_collection is None else not is_collection
                self._relationships.setdefault(target, {})[back.value] = Relationship(
                    target, back.value, cls, many, None, node
                )

    def _target(
        self, cls: Class, annotation: ast.expr | None, value: ast.expr | None, near: Module
    ) -> tuple[Class | None, bool | None]:
        many: bool | None = None
        target: Class | None = None
        if annotation is not None:
            many = False
            for node in walk(_unquoted(annotation)):
                name = last_name(node) if isinstance(node, ast.Name | ast.Attribute) else None
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    inner = _unquoted(node)
                    for part in walk(inner):
                        part_name = last_name(part) if isinstance(part, ast.Name | ast.Attribute) else None
                        if part_name in ("list", "List", "set", "Set", "Sequence"):
                            many = True
                        elif part_name and target is None:
                            target = self.class_named(part_name, cls.module)
                elif name in ("list", "List", "set", "Set", "Sequence", "DynamicMapped", "WriteOnlyMapped"):
                    many = True
                elif name and name not in ("Mapped", "Optional", "Union", "Any") and target is None:
                    target = self.class_named(name, cls.module)
        if target is None and isinstance(value, ast.Call) and value.args:
            first = value.args[0]
            if isinstance(first, ast.Lambda):
                first = first.body
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                target = self.class_named(first.value, near)
            elif isinstance(first, ast.Name | ast.Attribute):
                resolved = self.names.resolve(near, first)
                target = resolved if isinstance(resolved, Class) else self.class_named(last_name(first), near)
        if many is None and target is not None:
            many = not self.has_foreign_key(cls, target)
        return target, many

    def has_foreign_key(self, cls: Class, target: Class) -> bool:
        """Whether a class holds a foreign key to another's table: its side of the relationship is then scalar."""
        table = target.assignments.get("__tablename__", (None, None))[1]
        if target in self._tables and self._tables[target].args:
            table = self._tables[target].args[0]
        name = table.value if isinstance(table, ast.Constant) else target.name.lower()
        for one in self.line(cls):
            for value in [value for _, value in one.assignments.values()] + [self._tables.get(one)]:
                if value is None:
                    continue
                for node in walk(value):
                    if isinstance(node, ast.Call) and last_name(node.func) == "ForeignKey" and node.args:
                        key = node.args[0]
                        if isinstance(key, ast.Constant) and isinstance(key.value, str):
                            if key.value.rpartition(".")[0].rpartition(".")[2] == name:
                                return True
                        elif isinstance(key, ast.Attribute) and last_name(key.value) == target.name:
                            return True
        return False


def _unquoted(node: ast.expr) -> ast.expr:
    """An annotation, parsed if it is written as a string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return node
    return node
