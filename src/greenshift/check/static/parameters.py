"""Parameters: what one call gives them, or what all calls of a function do."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static import calls, classes
from greenshift.check.static.merging import union, unknown
from greenshift.check.static.objects import Arguments, ClassObject, DictObject, Frame, FunctionObject, Instance

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

# A function that is called from more places is no helper of the configuration.
_MOST_CALLS: Final = 24
# Decorators that leave calling to the program itself.
_PURE: Final = frozenset(
    {
        "asynccontextmanager",
        "cache",
        "cached_property",
        "classmethod",
        "contextmanager",
        "lru_cache",
        "override",
        "property",
        "staticmethod",
        "wraps",
    }
)


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
    # Whoever inherits the method may have other attributes.
    heirs = [ClassObject(file, heir) for file, heir in evaluator.indexes.heirs(cls.file, cls.node)]
    return union(Value.of(Instance(one)) for one in [cls, *heirs])


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
    sites = [
        (file, call) for file, call in evaluator.indexes.calls_named(wanted) if frame.file.is_test or not file.is_test
    ]
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
        if node.name != "__init__" and (evaluator.indexes.is_handed_on(node.name) or _is_called_otherwise(node)):
            given = _annotated(evaluator, node, name, frame)
            values.append(given or unknown(f"{node.name} is called by something else, too"))
        return union(values)
    annotated = _annotated(evaluator, node, name, frame)
    if annotated is not None:
        return annotated
    why = unknown(f"{name} is a parameter of {node.name}, which nothing here calls")
    return union([default, why]) if default is not None else why


def _is_called_otherwise(node: FunctionNode) -> bool:
    """Whether a decorator may hand a function to something that calls it: a route, a task, a signal."""
    return not _PURE.issuperset(classes.decorators(node))


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
                return calls.call_value(evaluator, given, Arguments())
    if annotation is not None and not isinstance(annotation, ast.Constant):
        meant = evaluator.evaluate(annotation, outer)
        if isinstance(meant.known, ClassObject):
            return Value.of(Instance(meant.known))
    return None


def bound(evaluator: Evaluator, function: FunctionObject, arguments: Arguments) -> Mapping[str, Value]:
    """Return what a function's parameters are in a call, ``self`` left out."""
    skip = 1 if function.receiver is not None and not isinstance(function.node, ast.Lambda) else 0
    return bind(function.node, arguments, skip=skip)
