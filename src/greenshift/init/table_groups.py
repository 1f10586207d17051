"""The tables of a project, by the metadata that they belong to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from greenshift.check.source.source_file import SourceFile
from greenshift.init.source_tree import SourceTree, assigned, statements

_BASES: Final = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
# Its bases share one metadata, and name the tables themselves.
_ADVANCED: Final = "advanced_alchemy.base"
SQLMODEL: Final = ("sqlmodel.SQLModel", "sqlmodel.main.SQLModel")
_MAKERS: Final = ("declarative_base", "generate_base", "automap_base")
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


class TableGroups:
    """Collects mapped classes and tables.

    Args:
        tree: the project's files.
    """

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
        """Return the groups that have tables."""
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
            if base in SQLMODEL:
                return SQLMODEL[0]
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
        if base in SQLMODEL:
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


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
