"""Functions entered without a loop: the sync form stays for its callers, its body runs in a loop of its own."""

from __future__ import annotations

import ast

from greenshift.shift.colour import Colours
from greenshift.shift.colour.entries import is_cached
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import import_spelling
from greenshift.shift.rewrite.flip.annotations import async_class
from greenshift.shift.rewrite.flip.awaiting import await_expression
from greenshift.shift.rewrite.flip.runner import Runner


def fix_entries(context: Context, runner: Runner) -> None:
    """Move the bodies of entries into coroutine functions of their own.

    Args:
        context: The flip's context.
        runner: Gives the name of what runs a coroutine.
    """
    colours = context.colours
    assert colours is not None
    done: set[Function] = set()
    for function in context.project.functions:
        if function in colours.entries and not function.is_async and not function.is_lambda:
            reason = _refusal(context, function)
            if reason is not None:
                context.leave(function.module, function.node, "entry", reason)
                continue
            _split(context, function, runner)
            done.add(function)
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            _direct_call(context, colours, module, call, done)


def async_name(function: Function) -> str:
    """Return the name of the coroutine function that holds an entry's body."""
    name = f"{function.name}_async"
    taken = function.owner.functions if function.owner is not None else function.module.top
    return name if name not in taken else f"_{name}"


def _refusal(context: Context, function: Function) -> str | None:
    if function in context.kinds.generators:
        return "a generator cannot be run in a loop of its own"
    node = function.node
    assert isinstance(node, ast.FunctionDef)
    if _first(node).lineno == node.lineno:
        return "put the body on lines of its own, so that it can be moved into a coroutine function"
    if function.owner is not None and not (function.parameters and function.parameters[0].kind == "positional"):
        return "its body could not be moved into a coroutine function"
    return None


def _first(node: ast.FunctionDef) -> ast.stmt:
    """The first statement behind the docstring."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return node.body[1] if is_docstring and len(node.body) > 1 else first


def _split(context: Context, function: Function, runner: Runner) -> None:
    module, node = function.module, function.node
    assert isinstance(node, ast.FunctionDef)
    source, edits = module.source, context.edits(module)
    first = _first(node)
    name = async_name(function)
    own, inside = source.indentation(node), source.indentation(first)
    receiver = ""
    parameters = function.parameters
    if function.owner is not None:
        receiver = f"{parameters[0].name}."
    arguments: list[str] = []
    for index, parameter in enumerate(parameters):
        if receiver and index == 0:
            continue
        prefix = {"variadic": "*", "keywords": "**", "keyword": f"{parameter.name}="}.get(parameter.kind, "")
        arguments.append(f"{prefix}{parameter.name}")
    returned = any(isinstance(one, ast.Return) and one.value is not None for one in own_nodes(node))
    returns = f" -> {_converted(context, module, node.returns)}" if node.returns is not None else ""
    call = f"{runner.name(module)}({receiver}{name}({', '.join(arguments)}))"
    blank = "\n" if function.owner is not None or function.parent is not None else "\n\n"
    decorators = "".join(
        f"{own}@{source.segment(one)}\n" for one in function.decorators if source.segment(one) == "classmethod"
    )
    text = (
        f"{inside}{'return ' if returned else ''}{call}\n{blank}"
        f"{decorators}{own}async def {name}({_signature(context, function)}){returns}:\n"
    )
    edits.insert(_line_above(source.text, source.line_start(source.start(first)), _docstring_end(function)), text)


def _line_above(text: str, offset: int, lowest: int) -> int:
    """Go up over the comments that belong to a statement."""
    while offset > lowest:
        above = text.rfind("\n", 0, offset - 1) + 1
        if above < lowest or not text[above:offset].strip().startswith("#"):
            return offset
        offset = above
    return offset


def _signature(context: Context, function: Function) -> str:
    parts: list[str] = []
    starred = False
    for parameter in function.parameters:
        if parameter.kind == "keyword" and not starred:
            parts.append("*")
            starred = True
        starred = starred or parameter.kind == "variadic"
        prefix = {"variadic": "*", "keywords": "**"}.get(parameter.kind, "")
        annotation = ""
        if parameter.annotation is not None:
            annotation = f": {_converted(context, function.module, _plain(parameter.annotation))}"
        parts.append(f"{prefix}{parameter.name}{annotation}")
    return ", ".join(parts)


def _plain(annotation: ast.expr) -> ast.expr:
    """An annotation without what it says to the library that calls the function."""
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        name = annotation.value
        if (name.id if isinstance(name, ast.Name) else getattr(name, "attr", "")) == "Annotated":
            return annotation.slice.elts[0]
    return annotation


def _converted(context: Context, module: Module, annotation: ast.expr) -> str:
    """An annotation's text, with the names of the async classes."""
    source = module.source
    begin = source.start(annotation)
    text = source.segment(annotation)
    names = [one for one in walk(annotation) if isinstance(one, ast.Name | ast.Attribute)]
    for node in sorted(names, key=source.start, reverse=True):
        found = async_class(context, module, node)
        if found is not None:
            new = context.imports(module).need(*found)
            text = text[: source.start(node) - begin] + new + text[source.end(node) - begin :]
    return text


def _direct_call(context: Context, colours: Colours, module: Module, call: ast.Call, done: set[Function]) -> None:
    """Async code that calls an entry awaits its coroutine function instead."""
    unit = context.kinds.unit(call)
    targets = context.kinds.targets(call)
    if not colours.is_async(unit) or len(targets) != 1 or not targets <= done:
        return
    (function,) = targets
    if is_cached(context.kinds, function):
        # The cache stands before the sync form.
        return
    if call in colours.awaits or isinstance(context.kinds.parents.get(call), ast.Await):
        return
    if function.owner is None and function.parameters and function.parameters[0].name == "self":
        # A bound task gets itself from its library.
        return
    edits, source = context.edits(module), module.source
    name = async_name(function)
    if isinstance(call.func, ast.Attribute):
        edits.replace(source.end(call.func) - len(call.func.attr), source.end(call.func), name)
    elif isinstance(call.func, ast.Name) and call.func.id == function.name:
        if function.module is not module:
            name = context.imports(module).need(import_spelling(context.project, module, function.module), name)
        edits.replace_node(call.func, name)
    else:
        return
    await_expression(context, module, call)


def _docstring_end(function: Function) -> int:
    """The offset behind the definition's own line, or behind its docstring."""
    source, node = function.module.source, function.node
    assert isinstance(node, ast.FunctionDef)
    if _first(node) is not node.body[0]:
        return source.line_end(source.end(node.body[0]))
    return source.line_start(source.start(node)) + 1
