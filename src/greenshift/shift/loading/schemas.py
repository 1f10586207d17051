"""Pydantic models that are filled from instances: which relationships their fields read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.names import GlobalName
from greenshift.shift.loading.members import Members
from greenshift.shift.loading.paths import Path, instances_in, relationships_on
from greenshift.shift.project import Class, Module
from greenshift.shift.project.traversal import walk

BASES = ("BaseModel", "SQLModel", "GenericModel", "RootModel", "CamelModel", "ORMModel", "APIModel")
LONGEST = 5


class Schemas:
    """Knows the project's Pydantic models.

    Args:
        kinds: The analysis of the project.
        members: What the properties of models read.
    """

    def __init__(self, kinds: Kinds, members: Members) -> None:
        self._kinds = kinds
        self._members = members
        self._paths: dict[tuple[Class, Class], set[Path]] = {}
        self._schemas: dict[Class, bool] = {}

    def is_schema(self, cls: Class) -> bool:
        """Whether a class is a Pydantic model and no table."""
        known = self._schemas.get(cls)
        if known is None:
            externals = self._kinds.classes.externals(cls)
            known = any(name.rpartition(".")[2] in BASES for name in externals)
            known = known and not self._kinds.classes.is_model(cls)
            self._schemas[cls] = known
        return known

    def in_annotation(self, module: Module, node: ast.expr | None, depth: int = 5) -> list[Class]:
        """Return the Pydantic models that an annotation names: those that hold the data, inside of generics.

        Args:
            module: Where the annotation stands.
            node: The annotation, or the argument of ``response_model``.
            depth: How many aliases are followed.
        """
        if node is None or not depth:
            return []
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, str):
                return []
            try:
                return self.in_annotation(module, ast.parse(node.value, mode="eval").body, depth - 1)
            except SyntaxError:
                return []
        if isinstance(node, ast.BinOp):
            return [*self.in_annotation(module, node.left, depth), *self.in_annotation(module, node.right, depth)]
        if isinstance(node, ast.Subscript):
            arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return [one for argument in arguments for one in self.in_annotation(module, argument, depth)]
        if not isinstance(node, ast.Name | ast.Attribute):
            return []
        target = self._kinds.names.resolve(module, node)
        if isinstance(target, Class):
            return [target] if self.is_schema(target) else []
        if isinstance(target, GlobalName):
            for statement in target.module.source.tree.body:
                if isinstance(statement, ast.Assign) and any(
                    isinstance(one, ast.Name) and one.id == target.name for one in statement.targets
                ):
                    return self.in_annotation(target.module, statement.value, depth - 1)
        return []

    def fields(self, schema: Class) -> Iterator[tuple[str, Module, ast.expr]]:
        """Yield a Pydantic model's fields: the names that are read of an instance, and the annotation."""
        found: dict[str, tuple[set[str], Module, ast.expr]] = {}
        for cls in reversed(self._kinds.classes.line(schema)):
            for name, (annotation, value) in cls.assignments.items():
                if annotation is None or name.startswith("_") or name == "model_config":
                    continue
                found[name] = ({name} | _aliases(value), cls.module, annotation)
        for names, module, annotation in found.values():
            for name in sorted(names):
                yield name, module, annotation

    def paths(self, cls: Class, schema: Class, depth: int = LONGEST) -> set[Path]:
        """Return the relationships that filling a Pydantic model from an instance reads.

        Args:
            cls: The instance's class.
            schema: The Pydantic model.
            depth: The longest path.
        """
        key = (cls, schema)
        if key in self._paths and depth == LONGEST:
            return self._paths[key]
        found: set[Path] = set()
        classes = self._kinds.classes
        for name, module, annotation in self.fields(schema):
            for path in self._members.paths(cls, name):
                if len(path) > depth:
                    continue
                found.add(path)
                followed = relationships_on(classes, cls, path)
                target = followed[-1].target if followed and name == path[-1] else None
                if target is None or len(path) >= depth:
                    continue
                for nested in self.in_annotation(module, annotation):
                    found |= {(*path, *more) for more in self.paths(target, nested, depth - len(path))}
        if depth == LONGEST:
            self._paths[key] = found
        return found

    def attributes(self, cls: Class, schema: Class) -> set[tuple[Class, str]]:
        """Return what filling a Pydantic model from an instance reads, of it and of what it leads to.

        Args:
            cls: The instance's class.
            schema: The Pydantic model.

        Returns:
            Pairs of a mapped class and an attribute.
        """
        found: set[tuple[Class, str]] = set()
        seen: set[tuple[Class, Class]] = set()
        stack = [(cls, schema)]
        while stack:
            pair = stack.pop()
            if pair in seen:
                continue
            seen.add(pair)
            for name, module, annotation in self.fields(pair[1]):
                found.add((pair[0], name))
                nested = self.in_annotation(module, annotation)
                stack += [(target, one) for one in nested for target in self._targets(pair[0], name)]
        return found

    def _targets(self, cls: Class, name: str) -> set[Class]:
        """The mapped classes whose instances an attribute holds."""
        classes = self._kinds.classes
        relationship = classes.relationships(cls).get(name)
        if relationship is not None:
            return set() if relationship.target is None else {relationship.target}
        method = classes.method(cls, name)
        values = () if method is None else instances_in(self._kinds.result(method))
        return {one.cls for one, _ in values if classes.is_model(one.cls)}

    def nested(self, schema: Class) -> list[Class]:
        """Return the Pydantic models that are fields of one."""
        return [one for _, module, annotation in self.fields(schema) for one in self.in_annotation(module, annotation)]

    def field(self, schema: Class, name: str) -> list[Class]:
        """Return the Pydantic models that one field holds."""
        return [
            one
            for field, module, annotation in self.fields(schema)
            if field == name
            for one in self.in_annotation(module, annotation)
        ]


def _aliases(value: ast.expr | None) -> set[str]:
    """The names under which ``Field(alias=...)`` reads."""
    if not isinstance(value, ast.Call):
        return set()
    found: set[str] = set()
    for keyword in value.keywords:
        if keyword.arg in ("alias", "validation_alias"):
            for node in walk(keyword.value):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found
