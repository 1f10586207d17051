"""Calls followed into the program: parameters, returns, instances; and calls of libraries handed on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static import classes, library, methods, urls
from greenshift.check.static.merging import mapped, surely, union, unknown, used
from greenshift.check.static.objects import (
    Arguments,
    ClassObject,
    DictObject,
    Frame,
    FunctionObject,
    Instance,
    Made,
    Partial,
)

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

# A function that is called from more places is no helper of the configuration.
_MOST_CALLS: Final = 24


def called(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Value:
    """Return what a call gives.

    Args:
        evaluator: evaluates its parts.
        node: the call.
        frame: where it is made.
    """
    if isinstance(node.func, ast.Attribute):
        receiver = used(evaluator.evaluate(node.func.value, frame))
        if any(isinstance(option.value, str | Text | DictObject | Made | Instance) for option in receiver.options):
            found = methods.called(evaluator, receiver, node, frame)
            if found is not None:
                return found
        elif node.func.attr == "set" and not receiver.options:
            arguments = evaluator.arguments(node, frame)
            if "drivername" in arguments.keywords:
                return urls.with_parts(receiver, arguments)
    function = evaluator.evaluate(node.func, frame)
    if function.unknown and not function.options:
        return unknown(function.unknown)
    arguments = evaluator.arguments(node, frame)
    return call_value(evaluator, function, arguments, node, frame)


def call_value(
    evaluator: Evaluator,
    function: Value,
    arguments: Arguments,
    node: ast.Call | None = None,
    frame: Frame | None = None,
) -> Value:
    """Return what calling a value gives.

    Args:
        evaluator: evaluates what the function returns.
        function: what is called.
        arguments: what it is given.
        node: the call, where there is one.
        frame: where it is made.
    """

    def call(item: Any) -> Any:
        if isinstance(item, FunctionObject):
            return returned(evaluator, item, arguments)
        if isinstance(item, ClassObject):
            return Instance(item, arguments)
        if isinstance(item, Partial):
            return call_value(evaluator, item.function, together(item.arguments, arguments), node, frame)
        if isinstance(item, Symbol):
            return library.called(evaluator, item.name, arguments, node, frame)
        if isinstance(item, Made) and item.what == "factory" and node is not None and frame is not None:
            return Made("session", item.file, item.call)
        if isinstance(item, Instance):
            for owner in classes.lineage(evaluator, item.of):
                method = classes.methods(owner).get("__call__")
                if method is not None:
                    return returned(evaluator, FunctionObject(owner.file, method, None, Value.of(item)), arguments)
        return unknown("a call of something else")

    return mapped(used(function), call)


def together(first: Arguments, then: Arguments) -> Arguments:
    """Return the arguments of a partial with those of its call."""
    return Arguments(
        (*first.positional, *then.positional),
        {**first.keywords, **then.keywords},
        first.open_positional or then.open_positional,
        first.open_keywords or then.open_keywords,
    )


def returned(evaluator: Evaluator, function: FunctionObject, arguments: Arguments) -> Value:
    """Return what a function of the program returns, or yields if it returns nothing.

    Args:
        evaluator: evaluates what it returns.
        function: the function.
        arguments: what it is given.
    """
    frame = evaluator.bound_frame(function, arguments)
    if isinstance(function.node, ast.Lambda):
        return evaluator.evaluate(function.node.body, frame)
    results, yields = [], []
    for node in _own_nodes(function.node):
        if isinstance(node, ast.Return) and reachable(evaluator, node, frame):
            results.append(evaluator.evaluate(node.value, frame) if node.value is not None else Value.of(None))
        elif isinstance(node, ast.Yield) and node.value is not None:
            yields.append(evaluator.evaluate(node.value, frame))
    found = yields or results
    return union(found) if found else Value.of(None)


def _own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, without those of functions and classes inside it."""
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def reachable(
    evaluator: Evaluator, node: ast.AST, frame: Frame, holds: Callable[[Value], bool | None] = surely
) -> bool:
    """Return whether control may come to a node: no condition around it, or left before it, rules it out.

    Args:
        evaluator: evaluates the conditions.
        node: the node.
        frame: the call of its function.
        holds: says whether a condition is true: surely, or by default.
    """
    file = frame.file
    inner, above = node, file.parent(node)
    while above is not None and not isinstance(inner, FunctionNode):
        if isinstance(above, ast.If) and inner is not above.test:
            answer = holds(evaluator.evaluate(above.test, frame))
            if answer is not None and answer is not any(inner is statement for statement in above.body):
                return False
        if isinstance(above, ast.IfExp) and inner is not above.test:
            answer = holds(evaluator.evaluate(above.test, frame))
            if answer is not None and answer is not (inner is above.body):
                return False
        for name in ("body", "orelse", "finalbody"):
            block = above.__dict__.get(name)
            if isinstance(block, list) and any(inner is statement for statement in block):
                for statement in block:
                    if statement is inner:
                        break
                    if _ends(evaluator, statement, frame, holds):
                        return False
        inner, above = above, file.parent(above)
    return True


def _ends(evaluator: Evaluator, statement: ast.stmt, frame: Frame, holds: Callable[[Value], bool | None]) -> bool:
    if isinstance(statement, ast.Return | ast.Raise):
        return True
    if isinstance(statement, ast.If):
        last = statement.body[-1]
        if isinstance(last, ast.Return | ast.Raise):
            return holds(evaluator.evaluate(statement.test, frame)) is True
    return False


def entered(evaluator: Evaluator, node: ast.expr, frame: Frame) -> Value:
    """Return what ``with NODE as name`` binds: what a context manager of the program yields, or an engine itself.

    Args:
        evaluator: evaluates it.
        node: the expression.
        frame: where it stands.
    """
    found = evaluator.evaluate(node, frame)
    if found.options and all(isinstance(option.value, Made) for option in found.options):
        return found
    return found if found.options else unknown("a context manager")


# Parameters


def parameters(node: FunctionNode | ast.Lambda) -> list[ast.arg]:
    """Return every parameter of a function, the stars' last."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return given + [star for star in (node.args.vararg, node.args.kwarg) if star is not None]


def bind(node: FunctionNode | ast.Lambda, arguments: Arguments, *, skip: int) -> dict[str, Value]:
    """Return what a function's parameters are in one call; a parameter that surely is not given is left out.

    Args:
        node: the function.
        arguments: what it is given.
        skip: how many parameters are not given in the call: 1 for ``self``.
    """
    positional = [*node.args.posonlyargs, *node.args.args][skip:]
    named = {arg.arg for arg in [*node.args.args[max(0, skip - len(node.args.posonlyargs)) :], *node.args.kwonlyargs]}
    found: dict[str, Value] = {}
    for position, arg in enumerate(positional):
        value = arguments.get(position, arg.arg)
        if value is not None:
            found[arg.arg] = value
    for arg in node.args.kwonlyargs:
        value = arguments.get(None, arg.arg)
        if value is not None:
            found[arg.arg] = value
    if node.args.vararg is not None:
        rest = arguments.positional[len(positional) :]
        found[node.args.vararg.arg] = (
            unknown(arguments.open_positional) if arguments.open_positional else Value.of(tuple(rest))
        )
    if node.args.kwarg is not None:
        entries = {name: value for name, value in arguments.keywords.items() if name not in named}
        found[node.args.kwarg.arg] = Value.of(DictObject(entries, arguments.open_keywords))
    return found


def parameter(evaluator: Evaluator, name: str, frame: Frame) -> Value | None:
    """Return what a parameter of a frame's function is; None if the function has no such parameter.

    Args:
        evaluator: evaluates what calls give.
        name: the parameter's name.
        frame: the function's frame.
    """
    node = frame.function
    if node is None:
        return None
    given = parameters(node)
    if all(arg.arg != name for arg in given):
        return None
    receiver = _receiver(evaluator, name, frame)
    if receiver is not None:
        return receiver
    if frame.arguments is not None:
        value = frame.arguments.get(name)
        default = _default(evaluator, node, name, frame)
        if value is None:
            return default or unknown(f"{name} is not given")
        if value.unknown and not value.options and default is not None:
            return union([default, value])
        return value
    if isinstance(node, ast.Lambda):
        return unknown("a parameter")
    return _from_calls(evaluator, node, name, frame)


def _receiver(evaluator: Evaluator, name: str, frame: Frame) -> Value | None:
    node = frame.function
    if not isinstance(node, FunctionNode):
        return None
    above = frame.file.parent(node)
    first = [*node.args.posonlyargs, *node.args.args][:1]
    if (
        not isinstance(above, ast.ClassDef)
        or not first
        or first[0].arg != name
        or "staticmethod" in classes.decorators(node)
    ):
        return None
    if frame.receiver is not None:
        return frame.receiver
    cls = ClassObject(frame.file, above)
    if "classmethod" in classes.decorators(node) or any(
        mark.endswith("validator") for mark in classes.decorators(node)
    ):
        return Value.of(cls)
    return Value.of(Instance(cls))


def _default(evaluator: Evaluator, node: FunctionNode | ast.Lambda, name: str, frame: Frame) -> Value | None:
    written = default_expression(node, name)
    if written is None:
        return None
    outer = evaluator.frame_of(frame.file, node) if frame.outer is None else frame.outer
    return evaluator.evaluate(written, outer)


def default_expression(node: FunctionNode | ast.Lambda, name: str) -> ast.expr | None:
    """Return the default of a parameter as it is written; None if it has none."""
    positional = [*node.args.posonlyargs, *node.args.args]
    for arg, default in zip(reversed(positional), reversed(node.args.defaults), strict=False):
        if arg.arg == name:
            return default
    for arg, keyword_default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if arg.arg == name:
            return keyword_default
    return None


def _from_calls(evaluator: Evaluator, node: FunctionNode, name: str, frame: Frame) -> Value:
    """Return what a parameter is in all calls of its function."""
    above = frame.file.parent(node)
    wanted = above.name if isinstance(above, ast.ClassDef) and node.name == "__init__" else node.name
    # What tests hand over is not what the application does.
    sites = [(file, call) for file, call in evaluator.calls_named(wanted) if frame.file.is_test or not file.is_test]
    if len(sites) > _MOST_CALLS:
        return unknown(f"{node.name} is called from many places")
    values: list[Value] = []
    default = _default(evaluator, node, name, frame)
    for file, call in sites:
        at = evaluator.frame_of(file, call)
        for option in evaluator.evaluate(call.func, at).options:
            skip = _skipped(option.value, node)
            if skip is None:
                continue
            bound = bind(node, evaluator.arguments(call, at), skip=skip)
            value = bound.get(name, default)
            values.append(value if value is not None else unknown(f"{name} is not given"))
    if values:
        return union(values)
    annotated = _annotated(evaluator, node, name, frame)
    if annotated is not None:
        return annotated
    why = unknown(f"{name} is a parameter of {node.name}, which nothing here calls")
    return union([default, why]) if default is not None else why


def _skipped(item: Any, node: FunctionNode) -> int | None:
    """Return how many parameters a call of something does not give, if it calls this function; else None."""
    if isinstance(item, FunctionObject) and item.node is node:
        return 1 if item.receiver is not None else 0
    if isinstance(item, ClassObject) and node.name == "__init__" and any(node is inner for inner in item.node.body):
        return 1
    return None


def calls_function(evaluator: Evaluator, file: SourceFile, call: ast.Call, node: FunctionNode) -> bool:
    """Return whether a call may call a function of the program.

    Args:
        evaluator: follows what is called.
        file: where the call is.
        call: the call.
        node: the function.
    """
    return any(_skipped(option.value, node) is not None for option in evaluator.value(file, call.func).options)


def _annotated(evaluator: Evaluator, node: FunctionNode, name: str, frame: Frame) -> Value | None:
    """Return what a framework hands to a parameter: what ``Depends`` calls, or an instance of its class."""
    outer = evaluator.frame_of(frame.file, node)
    default = default_expression(node, name)
    annotation = next((arg.annotation for arg in parameters(node) if arg.arg == name), None)
    candidates = [default]
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        candidates.extend(annotation.slice.elts)
    for item in candidates:
        if isinstance(item, ast.Call) and (frame.file.name(item.func) or "").rpartition(".")[2] in (
            "Depends",
            "Provide",
        ):
            given = evaluator.arguments(item, outer).get(0, "dependency")
            if given is not None:
                return call_value(evaluator, given, Arguments())
    if annotation is not None and not isinstance(annotation, ast.Constant):
        meant = evaluator.evaluate(annotation, outer)
        if isinstance(meant.known, ClassObject):
            return Value.of(Instance(meant.known))
    return None


def bound(evaluator: Evaluator, function: FunctionObject, arguments: Arguments) -> Mapping[str, Value]:
    """Return what a function's parameters are in a call, ``self`` left out."""
    skip = 1 if function.receiver is not None and not isinstance(function.node, ast.Lambda) else 0
    return bind(function.node, arguments, skip=skip)
