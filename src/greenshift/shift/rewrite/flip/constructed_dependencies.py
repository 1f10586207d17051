"""``Depends(Class)``, where the class's constructor reads the database: FastAPI awaits a class method instead."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.calls import DEPENDS
from greenshift.shift.kinds.values import Session
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.annotations import async_class

NAMES = ("make", "make_in_request", "make_as_dependency")


def fix_constructed_dependencies(context: Context) -> None:
    """Give classes whose bridged constructors FastAPI calls a coroutine function that calls them.

    Args:
        context: The flip's context, with its colours.
    """
    colours = context.colours
    assert colours is not None
    wanted: dict[Class, str] = {}
    for module in context.project.modules:
        for node in context.kinds.nodes(module):
            for place, cls, text in _places(context, module, node):
                constructor = context.kinds.classes.method(cls, "__init__")
                if constructor is None or constructor not in colours.bridged or constructor.owner is not cls:
                    continue
                if cls not in wanted:
                    wanted[cls] = next(one for one in NAMES if context.kinds.classes.method(cls, one) is None)
                    _write(context, cls, constructor, wanted[cls])
                edits = context.edits(module)
                if isinstance(place, ast.Call):
                    edits.insert(module.source.end(place) - 1, f"{text}.{wanted[cls]}")
                else:
                    edits.insert_after(place, f".{wanted[cls]}")


def _places(context: Context, module: Module, node: ast.AST) -> list[tuple[ast.AST, Class, str]]:
    """Where a node names a class as a dependency: ``Depends(C)``, ``Depends()``, ``dependency_overrides[C]``."""
    kinds, source = context.kinds, module.source
    if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "dependency_overrides":
        return [(node.slice, cls, "") for cls in _class(context, module, node.slice)]
    if not isinstance(node, ast.Call) or kinds.library_name(module, node.func) not in DEPENDS:
        return []
    if node.args:
        return [(node.args[0], cls, "") for cls in _class(context, module, node.args[0])]
    if node.keywords:
        return []
    annotation = _annotation(context, module, node)
    if annotation is None:
        return []
    return [(node, cls, source.segment(annotation)) for cls in _class(context, module, annotation)]


def _class(context: Context, module: Module, node: ast.expr) -> list[Class]:
    found = context.kinds.names.resolve(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
    return [found] if isinstance(found, Class) else []


def _annotation(context: Context, module: Module, node: ast.Call) -> ast.expr | None:
    """The class whose constructor ``Depends()`` calls: the annotation's."""
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.Tuple):
        return parent.elts[0]
    for function in module.functions:
        for parameter in function.parameters:
            if parameter.default is node:
                return parameter.annotation
    return None


def _write(context: Context, cls: Class, constructor: Function, name: str) -> None:
    module, node = constructor.module, constructor.node
    source = module.source
    margin = source.indentation(node)
    given = constructor.parameters[1:]
    signature, starred = ["cls"], False
    arguments = []
    session = None
    for parameter in given:
        prefix = {"variadic": "*", "keywords": "**"}.get(parameter.kind, "")
        if parameter.kind == "keyword" and not starred:
            signature.append("*")
        starred = starred or parameter.kind in ("variadic", "keyword")
        text = f"{prefix}{parameter.name}"
        if parameter.annotation is not None:
            text += f": {_converted(context, module, parameter.annotation)}"
        if parameter.default is not None:
            text += f"{' = ' if parameter.annotation is not None else '='}{source.segment(parameter.default)}"
        signature.append(text)
        is_named = parameter.kind == "keyword"
        arguments.append(f"{parameter.name}={parameter.name}" if is_named else f"{prefix}{parameter.name}")
        values = context.kinds.parameter(constructor, parameter.name)
        values |= context.kinds.annotations.values(module, parameter.annotation)
        if session is None and any(isinstance(value, Session) for value in values):
            session = parameter.name
    call = f"cls({', '.join(arguments)})"
    if session is not None:
        made = f"await {session}.run_sync(lambda _: {call})"
    else:
        made = f"await {context.imports(module).need('sqlalchemy.util', 'greenlet_spawn')}(lambda: {call})"
    stop = source.line_end(source.end(node))
    line_break = "" if source.text[:stop].endswith("\n") else "\n"
    context.edits(module).insert(
        stop,
        f"{line_break}\n{margin}@classmethod\n{margin}async def {name}({', '.join(signature)}):\n"
        f'{margin}    """Make one where its constructor, which reads the database, can run."""\n'
        f"{margin}    return {made}\n",
    )


def _converted(context: Context, module: Module, annotation: ast.expr) -> str:
    """An annotation with the async classes' names."""
    source = module.source
    start = source.start(annotation)
    text = source.segment(annotation)
    for node in sorted(walk(annotation), key=lambda one: -source.start(one) if hasattr(one, "lineno") else 0):
        if isinstance(node, ast.Name | ast.Attribute):
            found = async_class(context, module, node)
            if found is not None:
                name = context.imports(module).need(*found)
                text = text[: source.start(node) - start] + name + text[source.end(node) - start :]
    return text
