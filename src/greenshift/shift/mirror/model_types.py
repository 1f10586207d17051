"""Which class's instances an expression of the tests holds, one or many of them: for models that are awaited."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import ClassValue, Collection, Coroutine, Instance, Value, Values
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import walk

PASSING_ON = {"list", "tuple", "set", "sorted", "reversed", "iter", "next", "enumerate", "zip", "filter", "min", "max"}
Classes = frozenset[Class]
NONE: Classes = frozenset()
_ROUNDS = 12


class ModelTypes:
    """Follows instances through the tests; a list of instances counts as they do.

    Args:
        kinds: The analysis of the project.
        modules: The tests' modules.
        awaited: The names of classes whose instances are attributes that give related instances.
    """

    def __init__(self, kinds: Kinds, modules: Sequence[Module], awaited: frozenset[str]) -> None:
        self.kinds = kinds
        self.awaited = awaited
        self._bound: dict[tuple[Function | Module | None, str], set[Class]] = {}
        self._given: dict[Function, set[Class]] = {}
        self._values: dict[tuple[Function | Module | None, str], list[ast.expr]] = {}
        for _ in range(_ROUNDS):
            before = self._size()
            for module in modules:
                for node in module.source.nodes:
                    self._learn(node)
            if self._size() == before:
                break

    def of(self, node: ast.expr | None) -> Classes:
        """Return the classes of the instances that an expression is, or holds.

        Args:
            node: The expression.
        """
        if node is None:
            return NONE
        found = {one.cls for one in self.values(node) if isinstance(one, Instance)}
        if isinstance(node, ast.Name):
            found |= self._of_name(node)
        elif isinstance(node, ast.Await | ast.Starred | ast.Subscript | ast.NamedExpr):
            found |= self.of(node.value)
        elif isinstance(node, ast.IfExp):
            found |= self.of(node.body) | self.of(node.orelse)
        elif isinstance(node, ast.BoolOp):
            found |= {cls for one in node.values for cls in self.of(one)}
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            found |= {cls for one in node.elts for cls in self.of(one)}
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            found |= self.of(node.elt)
        elif isinstance(node, ast.Call):
            found |= self._of_call(node)
        elif isinstance(node, ast.Attribute):
            for cls in self.of(node.value):
                found |= self.lazy_target(cls, node.attr) or NONE
        return frozenset(found)

    def values(self, node: ast.expr) -> Values:
        """Return what the analysis knows of an expression, or of what it holds or gives when awaited.

        Args:
            node: The expression.
        """
        found: set[Value] = set()
        stack = list(self.kinds.values(node))
        while stack:
            value = stack.pop()
            if isinstance(value, Collection | Coroutine):
                stack += value.of
            elif not (isinstance(value, Instance) and value.cls.name in self.awaited):
                # A lazy attribute is not what it is made by.
                found.add(value)
        return frozenset(found)

    def class_named(self, node: ast.expr) -> Class | None:
        """Return the class that an expression names."""
        handed_in = {one.cls for one in self.kinds.values(node) if isinstance(one, ClassValue)}
        if len(handed_in) == 1:
            return handed_in.pop()
        module = self.kinds.module_by_node.get(node)
        target = self.kinds.names.resolve(module, node) if module is not None else None
        return target if isinstance(target, Class) else None

    def lazy_target(self, cls: Class, name: str) -> Classes | None:
        """Return the classes to which a lazy attribute leads; None where a class has no such attribute.

        Args:
            cls: The class.
            name: The attribute's name.
        """
        for one in self.kinds.classes.line(cls):
            annotation, value = one.assignments.get(name, (None, None))
            del annotation
            if value is None:
                continue
            named = [node for node in walk(value) if isinstance(node, ast.Name | ast.Attribute)]
            if not any((node.id if isinstance(node, ast.Name) else node.attr) in self.awaited for node in named):
                return None
            texts = [
                node.value for node in walk(value) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            top = one.module.top
            return frozenset(
                target
                for key, target in top.items()
                if isinstance(target, Class)
                and any(key in text.replace("[", " ").replace("]", " ").split() for text in texts)
            )
        return None

    def called(self, call: ast.Call) -> set[Function]:
        """Return the functions of the project that a call runs; a class's constructor is none."""
        function = call.func
        if self.class_named(function) is not None:
            return set()
        found = set(self.kinds.targets(call))
        if isinstance(function, ast.Attribute):
            found |= self.methods(function)
        module = self.kinds.module_by_node.get(function)
        target = self.kinds.names.resolve(module, function) if module is not None else None
        if isinstance(target, Function):
            found.add(target)
        return {one for one in found if one.name not in ("__init__", "__new__", "__init_subclass__")}

    def methods(self, node: ast.Attribute) -> set[Function]:
        """Return the methods that an attribute of a class or of an instance is."""
        named = self.class_named(node.value)
        classes = {named} if named is not None else self.of(node.value)
        methods = (self.kinds.classes.method(cls, node.attr) for cls in classes)
        return {one for one in methods if one is not None} | self.kinds.references.get(node, set())

    def is_plain(self, node: ast.expr, depth: int = 5) -> bool:
        """Whether an expression is known to hold no model: a literal, a library's value, an annotated result."""
        if self.of(node) or not depth:
            return False
        if isinstance(node, ast.Await | ast.Subscript | ast.Attribute | ast.NamedExpr):
            module = self.kinds.module_by_node.get(node)
            resolved = self.kinds.names.resolve(module, node) if module is not None else None
            return resolved is not None or self.is_plain(node.value, depth - 1)
        if isinstance(node, ast.Call):
            functions = self.called(node)
            if functions:
                return all(getattr(one.node, "returns", None) is not None for one in functions)
            if isinstance(node.func, ast.Attribute):
                return self.is_plain(node.func.value, depth - 1)
            return isinstance(node.func, ast.Name)
        if isinstance(node, ast.Name):
            return self._is_plain_name(node, depth)
        return True

    def _is_plain_name(self, node: ast.Name, depth: int) -> bool:
        module = self.kinds.module_by_node.get(node)
        for unit in self._units(node):
            values = self._values.get((unit, node.id))
            if values:
                return all(self.is_plain(one, depth - 1) for one in values)
            if isinstance(unit, Function) and any(one.name == node.id for one in unit.parameters):
                fixture = self.kinds.fixtures.fixture(node.id, unit)
                # What a test is given that is no fixture comes from parametrize, or from a plugin.
                return fixture is None and self.kinds.fixtures.takes_fixtures(unit)
        return module is not None and self.kinds.names.resolve(module, node) is not None

    def _of_name(self, node: ast.Name) -> set[Class]:
        for unit in self._units(node):
            found = self._bound.get((unit, node.id))
            if found:
                return found
            if isinstance(unit, Function):
                for parameter in unit.parameters:
                    if parameter.name == node.id:
                        fixture = self.kinds.fixtures.fixture(node.id, unit)
                        return set(self._given.get(fixture, ())) if fixture else set()
        return set()

    def _units(self, node: ast.AST) -> Iterator[Function | Module | None]:
        unit = self.kinds.unit(node)
        while isinstance(unit, Function):
            yield unit
            unit = unit.parent
        yield self.kinds.module_by_node.get(node)

    def _of_call(self, call: ast.Call) -> set[Class]:
        named = self.class_named(call.func)
        if named is not None:
            return {named}
        function = call.func
        if isinstance(function, ast.Name) and function.id in PASSING_ON:
            return {cls for one in call.args for cls in self.of(one)}
        found: set[Class] = set()
        receivers: Classes = NONE
        if isinstance(function, ast.Attribute):
            named = self.class_named(function.value)
            receivers = frozenset({named}) if named is not None else self.of(function.value)
            for cls in receivers:
                method = self.kinds.classes.method(cls, function.attr)
                if method is None:
                    # A list's: pop, copy.
                    found.add(cls)
                elif _mentions_self(method):
                    found.add(cls)
        for one in self.called(call):
            found |= self._given.get(one, set())
            found |= self._of_annotation(one.module, getattr(one.node, "returns", None))
        return found

    def _of_annotation(self, module: Module, annotation: ast.expr | None) -> set[Class]:
        found: set[Class] = set()
        for node in walk(annotation) if annotation is not None else ():
            if isinstance(node, ast.Name | ast.Attribute):
                target = self.kinds.names.resolve(module, node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                target = module.top.get(node.value.partition("|")[0].strip())
            else:
                continue
            if isinstance(target, Class):
                found.add(target)
        return found

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._bind(node.target, node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            self._bind(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, node.context_expr)
        elif isinstance(node, ast.Return | ast.Yield):
            unit = self.kinds.unit(node)
            if isinstance(unit, Function):
                self._given.setdefault(unit, set()).update(self.of(node.value))
        elif isinstance(node, ast.Call):
            self._hand_in(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module = self.kinds.module_by_node[node]
            function = module.by_node.get(node)
            if isinstance(function, Function):
                for parameter in function.parameters:
                    classes = self._of_annotation(module, parameter.annotation)
                    if classes:
                        self._bound.setdefault((function, parameter.name), set()).update(classes)

    def _hand_in(self, call: ast.Call) -> None:
        """What a call gives the parameters of a function of the tests."""
        for function in self.kinds.targets(call):
            names = [one.name for one in function.parameters if one.kind == "positional"]
            if function.owner is not None and names:
                names = names[1:]
            pairs = [*zip(names, call.args, strict=False), *((one.arg, one.value) for one in call.keywords)]
            for name, value in pairs:
                classes = self.of(value)
                if name and classes:
                    self._bound.setdefault((function, name), set()).update(classes)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Starred):
            target = target.value
        if isinstance(target, ast.Tuple | ast.List):
            parts: list[ast.expr] = [value] * len(target.elts)
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                parts = value.elts
            for one, part in zip(target.elts, parts, strict=True):
                self._bind(one, part)
        elif isinstance(target, ast.Name):
            key = (self._scope(target), target.id)
            self._bound.setdefault(key, set()).update(self.of(value))
            known = self._values.setdefault(key, [])
            if value not in known:
                known.append(value)

    def _scope(self, node: ast.AST) -> Function | Module | None:
        unit = self.kinds.unit(node)
        return unit if isinstance(unit, Function) else self.kinds.module_by_node.get(node)

    def _size(self) -> int:
        return sum(map(len, self._bound.values())) + sum(map(len, self._given.values()))


def _mentions_self(function: Function) -> bool:
    returns = getattr(function.node, "returns", None)
    return returns is not None and "Self" in ast.unparse(returns)
