"""``await`` put before a call, or taken away from one."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

import libcst as cst

from greenshift.explain.editing.source import Source, last_name, read_source
from greenshift.explain.explanation import Edit


@dataclass(frozen=True)
class FoundCall:
    """A call in the user's source.

    Args:
        source: the file.
        node: the call.
        name: the function's or method's name.
        receiver: what the method is called on, as written; None for a function or where it is no plain name.
        line: where it begins.
        async_function: whether it may be awaited where it stands.
    """

    source: Source
    node: cst.Call
    name: str
    receiver: str | None
    line: int
    async_function: bool

    @property
    def async_names(self) -> frozenset[str]:
        """The names of the file's own async functions, generators not among them."""
        functions = self.source.nodes(cst.FunctionDef)
        return frozenset(one.name.value for one in functions if one.asynchronous and not _yields(one))

    @property
    def code(self) -> str:
        """The first line of the call."""
        return self.source.lines[self.line - 1].strip()


def unawaited_calls(file: str, line: int) -> list[FoundCall]:
    """Return the calls that stand on a line, and that nothing awaits.

    Args:
        file: the file.
        line: the line.
    """
    source = read_source(file, line)
    if source is None:
        return []
    return [
        _found(source, call) for call in source.nodes(cst.Call) if source.covers(call, line) and _is_plain(source, call)
    ]


def call_with_attribute(file: str, line: int, attribute: str) -> FoundCall | None:
    """Return the un-awaited call whose result's attribute a line reads, or that is in the variable that it reads it of.

    Args:
        file: the file.
        line: the line.
        attribute: the attribute's name.
    """
    source = read_source(file, line)
    if source is None:
        return None
    for node in source.nodes(cst.Attribute):
        if node.attr.value != attribute or not source.covers(node, line):
            continue
        if isinstance(node.value, cst.Call) and _is_plain(source, node.value):
            return _found(source, node.value)
        if isinstance(node.value, cst.Name) and (found := call_in_variable(file, line, node.value.value)) is not None:
            return found
    return None


def call_in_variable(file: str, line: int, variable: str) -> FoundCall | None:
    """Return the un-awaited call that was assigned to a variable last, above a line of the same function.

    Args:
        file: the file.
        line: a line that uses the variable.
        variable: its name.
    """
    source = read_source(file, line)
    function = None if source is None else source.function_at(line)
    if source is None or function is None:
        return None
    found = None
    for node in source.nodes(cst.Assign, cst.AnnAssign, cst.NamedExpr, within=function.body):
        if source.function_of(node) is not function or source.range(node).start.line > line:
            continue
        targets = [one.target for one in node.targets] if isinstance(node, cst.Assign) else [node.target]
        if any(isinstance(one, cst.Name) and one.value == variable for one in targets):
            value = node.value
            found = _found(source, value) if isinstance(value, cst.Call) and _is_plain(source, value) else None
    return found


def is_chained(call: FoundCall) -> bool:
    """Return whether something is made of a call's result at once: ``call().name``, ``call()[0]``, ``call()()``."""
    parent = call.source.parent(call.node)
    if isinstance(parent, cst.Attribute | cst.Subscript):
        return parent.value is call.node
    return isinstance(parent, cst.Call) and parent.func is call.node


def is_handed_to(call: FoundCall, takers: Container[str]) -> bool:
    """Return whether a call is an argument of a function with one of some names, such as ``gather``.

    Args:
        call: the call.
        takers: the names.
    """
    argument = call.source.parent(call.node)
    outer = call.source.parent(argument) if isinstance(argument, cst.Arg) else None
    return isinstance(outer, cst.Call) and (last_name(outer.func) or "") in takers


def await_edits(call: FoundCall) -> tuple[Edit, ...]:
    """Return the edits that await a call, in parentheses where something is made of its result.

    Args:
        call: the call.

    Returns:
        The edits; none where the call stands in no async function.
    """
    if not call.async_function:
        return ()
    chained = is_chained(call)
    title = f"await {call.name}()"
    where = call.source.range(call.node)
    start, end = where.start, where.end
    if not chained:
        return (call.source.insertion(start, "await ", title),)
    if start.line == end.line:
        old = call.source.lines[start.line - 1][start.column : end.column]
        return (Edit(call.source.path, start.line, start.column, old, f"(await {old})", title),)
    return (call.source.insertion(start, "(await ", title), call.source.insertion(end, ")", f"{title}: its end"))


def unneeded_await(file: str, line: int, names: Callable[[str], bool]) -> tuple[FoundCall, tuple[Edit, ...]] | None:
    """Return an awaited call of a line that is none to be awaited, and the edit that removes the ``await``.

    Args:
        file: the file.
        line: the line.
        names: tells whether a function of this name is not to be awaited.

    Returns:
        None unless exactly one call of the line is such.
    """
    source = read_source(file, line)
    if source is None:
        return None
    found = [
        (one, one.expression)
        for one in source.nodes(cst.Await)
        if source.covers(one, line)
        and isinstance(one.expression, cst.Call)
        and (name := last_name(one.expression.func)) is not None
        and names(name)
    ]
    if len(found) != 1:
        return None
    awaited, call = found[0]
    if awaited.lpar:
        edits: tuple[Edit, ...] = ()
    else:
        start, end = source.range(awaited).start, source.range(call).start
        old = source.lines[start.line - 1][start.column : end.column] if start.line == end.line else ""
        title = f"do not await {last_name(call.func)}()"
        edits = (Edit(file, start.line, start.column, old, "", title),) if old else ()
    return _found(source, call), edits


def _found(source: Source, call: cst.Call) -> FoundCall:
    receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
    name = last_name(call.func) or ""
    where = last_name(receiver) if receiver is not None else None
    return FoundCall(source, call, name, where, source.range(call).start.line, _may_await(source, call))


def _is_plain(source: Source, call: cst.Call) -> bool:
    """Return whether a call's own result is used: neither awaited nor handed to what awaits it."""
    return last_name(call.func) is not None and not isinstance(source.parent(call), cst.Await)


def _may_await(source: Source, call: cst.Call) -> bool:
    inner: cst.CSTNode = call
    for node in source.ancestors(call):
        if isinstance(node, cst.FunctionDef):
            return node.asynchronous is not None and inner is node.body
        if isinstance(node, cst.GeneratorExp):
            # It would become an async generator, which most callers cannot iterate; but its first iterable is outside.
            first = node.for_in
            if not (inner is first and _stands_in(source, call, first.iter)):
                return False
        if isinstance(node, cst.Lambda | cst.ClassDef):
            return False
        inner = node
    return False


def _yields(function: cst.FunctionDef) -> bool:
    waiting: list[cst.CSTNode] = [function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Yield):
            return True
        if not isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            waiting.extend(node.children)
    return False


def _stands_in(source: Source, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
    return node is outer or any(one is outer for one in source.ancestors(node))
