"""The metadata: the declarative base and its tables, and a module that imports all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from greenshift.check.source.source_file import SourceFile
from greenshift.init.source_tree import SourceTree, assigned, statements

_BASES: Final = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
# Its bases share one metadata, and name the tables themselves.
_ADVANCED: Final = "advanced_alchemy.base"
_SQLMODEL: Final = ("sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
_MAKERS: Final = ("declarative_base", "generate_base", "automap_base")
_ABOUT_MODELS: Final = re.compile(
    r"model|table|orm|schema|entit|base|(^|/)db|database|metadata|__init__", re.IGNORECASE
)
_FLASK: Final = "flask_sqlalchemy.SQLAlchemy"


@dataclass
class Group:
    """The tables of one metadata.

    Attributes:
        key: what holds it: the dotted name of a base, a ``MetaData``, or Flask's ``SQLAlchemy``.
        tables: the names of its mapped classes and tables, by the path of their module.
        place: where it is made.
    """

    key: str
    tables: dict[str, list[str]] = field(default_factory=dict)
    place: str = ""

    @property
    def count(self) -> int:
        """How many tables it has."""
        return sum(map(len, self.tables.values()))


@dataclass(frozen=True)
class Metadata:
    """The metadata that tests need.

    Attributes:
        paths: ``module:attribute``, one or several that together import all tables.
        group: its tables.
        others: other metadata of the project.
        declared: the place of Alembic's ``target_metadata``, if that decided it.
    """

    paths: tuple[str, ...]
    group: Group
    others: tuple[Group, ...] = ()
    declared: str = ""


def find_metadata(tree: SourceTree) -> Metadata | None:
    """Return the project's metadata; None where it has no table.

    Args:
        tree: the project's files.
    """
    groups = sorted(_Groups(tree).found(), key=lambda one: -one.count)
    if not groups:
        return None
    declared, place = _target_metadata(tree)
    chosen = next((one for one in groups if one.key == declared), groups[0])
    if chosen.key != declared:
        place = ""
    others = tuple(one for one in groups if one is not chosen)
    return Metadata(_importing(tree, chosen), chosen, others, place)


class _Groups:
    """Collects classes and tables."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.classes: dict[str, tuple[SourceFile, ast.ClassDef]] = {}
        self.made: dict[str, str] = {}
        self.same: dict[str, str] = {}
        for file in tree.sources:
            for node in statements(file.tree.body):
                if isinstance(node, ast.ClassDef):
                    self.classes[f"{file.module}.{node.name}"] = (file, node)
                elif (one := assigned(node)) is not None and isinstance(one[1], ast.Call):
                    self._note_made(file, one[0], one[1])

    def _note_made(self, file: SourceFile, name: str, call: ast.Call) -> None:
        maker = self.tree.meant(file, call.func)
        last = maker.rpartition(".")[2] or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        key = f"{file.module}.{name}"
        if last in _MAKERS or maker == _FLASK or self._inherits(maker, _FLASK):
            self.made[key] = f"{file.path}:{call.lineno}"
            for keyword in call.keywords:
                if keyword.arg == "metadata":
                    self.same[self.tree.meant(file, keyword.value)] = key

    def _inherits(self, name: str, wanted: str) -> bool:
        file, node = self.classes.get(name, (None, None))
        return file is not None and node is not None and any(self.tree.meant(file, b) == wanted for b in node.bases)

    def found(self) -> list[Group]:
        groups: dict[str, Group] = {}
        for name, (file, node) in self.classes.items():
            base = self.base_of(name)
            if base is None or not self._is_table(name, node, base):
                continue
            group = groups.setdefault(base, Group(base, place=self._place(base)))
            group.tables.setdefault(file.path, []).append(node.name)
        for file, bound, metadata in self._tables():
            key = self._owner(metadata)
            group = groups.setdefault(key, Group(key, place=self._place(key)))
            group.tables.setdefault(file.path, []).append(bound)
        return [one for one in groups.values() if one.count]

    def base_of(self, name: str, depth: int = 0) -> str | None:
        """Return the declarative base from which a class comes; None where it comes from none."""
        if name not in self.classes or depth > 12:
            return None
        file, node = self.classes[name]
        for written in node.bases:
            base = self.tree.meant(file, written.value if isinstance(written, ast.Subscript) else written)
            if base in _SQLMODEL:
                return _SQLMODEL[0]
            if base in self.made:
                return base
            owner, _, last = base.rpartition(".")
            if last == "Model" and owner in self.made:
                return owner
            if base in _BASES:
                return name
            if base.startswith("advanced_alchemy.") and base.endswith("Base"):
                return _ADVANCED
            above = self.base_of(base, depth + 1)
            if above is not None:
                return above
        if any("as_declarative" in ast.dump(one) for one in node.decorator_list):
            return name
        return None

    def _is_table(self, name: str, node: ast.ClassDef, base: str) -> bool:
        if name == base or self._says(node, "__abstract__"):
            return False
        if base in _SQLMODEL:
            return any(one.arg == "table" and _is_true(one.value) for one in node.keywords)
        if self._names_itself(node) or base == _ADVANCED:
            return True
        # The base, or a class between, names the tables; Flask-SQLAlchemy names them all.
        return (base in self.made and self._is_flask(base)) or self._named_above(name)

    def _is_flask(self, base: str) -> bool:
        return any(
            f"{file.module}.{one[0]}" == base and isinstance(one[1], ast.Call) and "SQLAlchemy" in ast.dump(one[1].func)
            for file in self.tree.sources
            for node in statements(file.tree.body)
            if (one := assigned(node)) is not None
        )

    def _named_above(self, name: str, depth: int = 0) -> bool:
        if name not in self.classes or depth > 12:
            return False
        file, node = self.classes[name]
        for written in node.bases:
            above = self.tree.meant(file, written)
            if above in self.classes:
                declared = [one for one in self.classes[above][1].body if getattr(one, "name", "") == "__tablename__"]
                if declared or self._named_above(above, depth + 1):
                    return True
        return False

    @staticmethod
    def _names_itself(node: ast.ClassDef) -> bool:
        return any(
            (one := assigned(statement)) is not None and one[0] in ("__tablename__", "__table__")
            for statement in node.body
        )

    @staticmethod
    def _says(node: ast.ClassDef, name: str) -> bool:
        return any((one := assigned(statement)) is not None and one[0] == name for statement in node.body)

    def _tables(self) -> Iterator[tuple[SourceFile, str, str]]:
        for file in self.tree.sources:
            for node in statements(file.tree.body):
                one = assigned(node)
                if one is None or not isinstance(one[1], ast.Call) or len(one[1].args) < 2:
                    continue
                if self.tree.meant(file, one[1].func) in ("sqlalchemy.Table", "sqlalchemy.schema.Table"):
                    yield file, one[0], self.tree.meant(file, one[1].args[1])

    def _owner(self, metadata: str) -> str:
        """The base whose metadata it is, or its own name."""
        if metadata.startswith("advanced_alchemy."):
            return _ADVANCED
        above, _, last = metadata.rpartition(".")
        if last == "metadata" and (above in self.made or above in self.classes):
            return above if above in self.made else self.base_of(above) or above
        if metadata in self.same:
            return self.same[metadata]
        for name, (file, node) in self.classes.items():
            for statement in node.body:
                one = assigned(statement)
                if one is not None and one[0] == "metadata" and self.tree.meant(file, one[1]) == metadata:
                    return self.base_of(name) or name
        return metadata

    def _place(self, key: str) -> str:
        if key in self.made:
            return self.made[key]
        if key in self.classes:
            file, node = self.classes[key]
            return f"{file.path}:{node.lineno}"
        return ""


def _importing(tree: SourceTree, group: Group) -> tuple[str, ...]:
    """The fewest modules that hold the metadata, or a class of it, and import all its tables."""
    hinted = _imported_by_migrations(tree)
    candidates: list[_Candidate] = []
    for file in tree.sources:
        name = _held(tree, file, group)
        if name is not None:
            seen = tree.closure(file)
            is_meant = file.path in hinted or file.path in group.tables or _ABOUT_MODELS.search(file.path) is not None
            rank = (not file.path.endswith("__main__.py"), file.path in hinted, -len(seen), -len(file.path), file.path)
            candidates.append(_Candidate(f"{file.module}:{name}", seen & set(group.tables), is_meant, rank))
    # A script that imports all models does more besides: only where the models' own modules do not do it.
    meant = _cover(group, [one for one in candidates if one.is_meant])
    whole = _cover(group, candidates)
    return whole[0] if len(whole[1]) < len(meant[1]) else meant[0]


@dataclass(frozen=True)
class _Candidate:
    path: str
    seen: frozenset[str]
    is_meant: bool
    rank: tuple[bool, bool, int, int, str]


def _cover(group: Group, candidates: list[_Candidate]) -> tuple[tuple[str, ...], set[str]]:
    """Modules that together import the tables, and the modules of tables that none imports."""
    wanted, chosen = set(group.tables), list[str]()
    while wanted and candidates:
        best = max(candidates, key=lambda one: (len(one.seen & wanted), one.rank))
        if not best.seen & wanted:
            break
        chosen.append(best.path)
        wanted -= best.seen
    return tuple(sorted(chosen) if len(chosen) > 1 else chosen), wanted


def _imported_by_migrations(tree: SourceTree) -> set[str]:
    """The files that Alembic's ``env.py`` imports itself."""
    found = set[str]()
    for file in tree.files:
        if file.path.rpartition("/")[2] != "env.py":
            continue
        for name in file.imports.values():
            for module in (name, name.rpartition(".")[0]):
                imported = tree.file_of(module, file.path) if module else None
                if imported is not None:
                    found.add(imported.path)
    return found


def _held(tree: SourceTree, file: SourceFile, group: Group) -> str | None:
    """The name under which a module holds the metadata, or else a class that is mapped to it."""
    key, last = group.key, group.key.rpartition(".")[2]
    if key in _SQLMODEL and file.imports.get("SQLModel") in _SQLMODEL:
        return "SQLModel"
    bound = tree.bound(file)
    names = {f"{file.module}.{name}": name for name in bound}
    if key in names:
        return names[key]
    imported = {name for node in statements(file.tree.body) for name in _imported_names(node)}
    for name in sorted(imported, key=lambda one: (one != last, one)):
        if tree.meant(file, ast.Name(name)) == key:
            return name
    classes = group.tables.get(file.path)
    if classes:
        return classes[0]
    mapped = {f"{tree.by_path[path].module}.{name}" for path, names in group.tables.items() for name in names}
    return next((name for name in sorted(imported) if tree.meant(file, ast.Name(name)) in mapped), None)


def _imported_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if alias.name != "*"]
    return []


def _target_metadata(tree: SourceTree) -> tuple[str, str]:
    """What Alembic's ``env.py`` takes for the metadata, and where it says so."""
    for file in tree.files:
        if file.path.rpartition("/")[2] != "env.py":
            continue
        for node in statements(file.tree.body):
            one = assigned(node)
            if one is not None and one[0] == "target_metadata":
                value = one[1].value if isinstance(one[1], ast.Attribute) and one[1].attr == "metadata" else one[1]
                name = tree.meant(file, value)
                return (_SQLMODEL[0] if name in _SQLMODEL else name), f"{file.path}:{node.lineno}"
    return "", ""


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
