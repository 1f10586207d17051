"""Reads a syntax tree and notes what it defines and imports."""

from __future__ import annotations

import ast

from greenshift.shift.project.source import Source
from greenshift.shift.project.symbols import Class, Function, FunctionNode, Import, Module, Parameter
from greenshift.shift.project.traversal import children


def collect_module(name: str, source: Source, *, is_package: bool, is_test: bool) -> Module:
    """Return the module that a source defines.

    Args:
        name: Its dotted name.
        source: Its text and tree.
        is_package: Whether it is an ``__init__.py``.
        is_test: Whether it is a test module or a ``conftest.py``.
    """
    module = Module(name, source, is_package, is_test=is_test)
    _Collector(module).body(source.tree.body, None, None)
    return module


class _Collector:
    def __init__(self, module: Module) -> None:
        self.module = module

    def body(self, nodes: list[ast.stmt], owner: Class | None, parent: Function | None) -> None:
        for node in nodes:
            self.statement(node, owner, parent)

    def statement(self, node: ast.stmt, owner: Class | None, parent: Function | None) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.function(node, owner, parent)
        elif isinstance(node, ast.ClassDef):
            self.class_(node, owner, parent)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.import_(node, nested=parent is not None)
        else:
            if owner is not None:
                self.class_assignment(node, owner)
            for child in children(node):
                self.child(child, owner, parent)

    def child(self, node: ast.AST, owner: Class | None, parent: Function | None) -> None:
        if isinstance(node, ast.stmt):
            self.statement(node, owner, parent)
        elif isinstance(node, ast.Lambda):
            self.lambda_(node, owner, parent)
        elif isinstance(node, ast.Constant | ast.Name | ast.expr_context):
            return
        else:
            for child in children(node):
                self.child(child, owner, parent)

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: Class | None, parent: Function | None
    ) -> None:
        around = owner or parent
        prefix = around.qualified_name if around is not None else self.module.name
        function = Function(node.name, f"{prefix}.{node.name}", node, self.module, owner, parent, parameters_of(node))
        self.module.functions.append(function)
        self.module.by_node[node] = function
        if owner is not None:
            if not _is_accessor(node):
                owner.functions[node.name] = function
            owner.all_functions.append(function)
            declared = _declared_attribute(node)
            if declared is not None:
                owner.assignments[node.name] = (node.returns, declared)
        elif parent is None:
            self.module.top[node.name] = function
        for expression in [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]:
            self.child(expression, owner, parent)
        for statement in node.body:
            self.statement(statement, None, function)

    def lambda_(self, node: ast.Lambda, owner: Class | None, parent: Function | None) -> None:
        around = parent or owner
        prefix = around.qualified_name if around is not None else self.module.name
        function = Function(
            "<lambda>", f"{prefix}.<lambda:{node.lineno}>", node, self.module, None, parent, parameters_of(node)
        )
        self.module.functions.append(function)
        self.module.by_node[node] = function
        self.child(node.body, None, function)

    def class_(self, node: ast.ClassDef, owner: Class | None, parent: Function | None) -> None:
        around = owner or parent
        prefix = around.qualified_name if around is not None else self.module.name
        class_ = Class(node.name, f"{prefix}.{node.name}", node, self.module, around)
        self.module.classes.append(class_)
        self.module.by_node[node] = class_
        if owner is None and parent is None:
            self.module.top[node.name] = class_
        for expression in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            self.child(expression, owner, parent)
        # Methods see the enclosing function's names, never the class body's.
        for statement in node.body:
            self.statement(statement, class_, parent)

    def class_assignment(self, node: ast.stmt, owner: Class) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    owner.assignments[target.id] = (None, node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            owner.assignments[node.target.id] = (node.annotation, node.value)

    def import_(self, node: ast.Import | ast.ImportFrom, *, nested: bool) -> None:
        names = self.module.imports
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                target = Import(alias.name if alias.asname else bound)
                if not nested or bound not in names:
                    names[bound] = target
            return
        module = absolute_module(self.module, node)
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(module)
            elif not nested or (alias.asname or alias.name) not in names:
                names[alias.asname or alias.name] = Import(module, alias.name)


def _declared_attribute(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """What a method under ``declared_attr`` declares: the mixin's classes get it as if it were assigned."""
    if node.name.startswith("__"):
        return None
    names = {
        part.attr if isinstance(part, ast.Attribute) else part.id
        for one in node.decorator_list
        for part in ast.walk(one)
        if isinstance(part, ast.Name | ast.Attribute)
    }
    if "declared_attr" not in names:
        return None
    last = node.body[-1]
    return last.value if isinstance(last, ast.Return) else None


def absolute_module(module: Module, node: ast.ImportFrom) -> str:
    """Return the dotted name of the module that a ``from ... import`` reads."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    if not module.is_package:
        parts = parts[:-1]
    if node.level > 1:
        parts = parts[: len(parts) - (node.level - 1)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def parameters_of(node: FunctionNode) -> list[Parameter]:
    """Return a function's parameters in order."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    found = [
        Parameter(argument.arg, argument.annotation, default, "positional")
        for argument, default in zip(positional, defaults, strict=True)
    ]
    if arguments.vararg:
        found.append(Parameter(arguments.vararg.arg, arguments.vararg.annotation, None, "variadic"))
    found += [
        Parameter(argument.arg, argument.annotation, default, "keyword")
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append(Parameter(arguments.kwarg.arg, arguments.kwarg.annotation, None, "keywords"))
    return found


def _is_accessor(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a definition is a property's setter or deleter, or an overload: not what the name stands for."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter", "overload"):
            return True
        if isinstance(decorator, ast.Name) and decorator.id == "overload":
            return True
    return False
