"""Names of sync classes become those of the async ones: in annotations, bases, checks and casts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import children, walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.edits import EditConflictError
from greenshift.shift.rewrite.flip.scope import (
    enclosing,
    is_sqlmodel,
    library_name,
    sqlalchemy_name,
    stays_sync,
)

ASYNC = "sqlalchemy.ext.asyncio"
CLASSES = {
    "Session": "AsyncSession",
    "Engine": "AsyncEngine",
    "Connection": "AsyncConnection",
    "sessionmaker": "async_sessionmaker",
    "scoped_session": "async_scoped_session",
    "SessionTransaction": "AsyncSessionTransaction",
    "Transaction": "AsyncTransaction",
}
ITERATORS = {"Generator": "AsyncGenerator", "Iterator": "AsyncIterator", "Iterable": "AsyncIterable"}
MANAGERS = {
    "ContextManager": "AsyncContextManager",
    "AbstractContextManager": "AbstractAsyncContextManager",
}
EVENT_FUNCTIONS = {"listen", "listens_for", "remove", "contains"}

Span = Callable[[ast.AST], tuple[int, int]]


def fix_annotations(context: Context) -> None:
    """Replace the names of sync classes.

    Args:
        context: The flip's context.
    """
    for module in context.project.modules:
        quoted = set(_quoted(module))
        for node in context.kinds.nodes(module):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                _class(context, module, node)
            elif isinstance(node, ast.Subscript):
                _iterator(context, module, node)
            elif isinstance(node, ast.Constant) and node in quoted:
                _string(context, module, node)
    for function in context.project.functions:
        _returned_generator(context, function)


def async_class(context: Context, module: Module, node: ast.expr) -> tuple[str, str] | None:
    """Return the module and name of the async class that stands for a sync one, or None.

    Args:
        context: The flip's context.
        module: Where the name stands.
        node: The name.
    """
    name = sqlalchemy_name(context, module, node)
    if name == "Session" and is_sqlmodel(context, module, node):
        return "sqlmodel.ext.asyncio.session", "AsyncSession"
    return (ASYNC, CLASSES[name]) if name in CLASSES else None


def _class(context: Context, module: Module, node: ast.Name | ast.Attribute) -> None:
    found = async_class(context, module, node)
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.Attribute) and parent.attr == "object_session":
        return  # It gives a sync session; where an async one is wanted, another function does.
    if found is None or stays_sync(context, module, node) or _is_event_target(context, module, node):
        return
    _replace(context, module, node, context.imports(module).need(*found))


def _replace(context: Context, module: Module, node: ast.AST, new: str) -> None:
    try:
        context.edits(module).replace_node(node, new)
    except EditConflictError:
        context.leave(module, node, "annotation", f"another change stands in the way of writing `{new}` here")


def _is_event_target(context: Context, module: Module, node: ast.AST) -> bool:
    """Whether a class is what events are listened for on: they go to the sync class inside."""
    parent = context.kinds.parents.get(node)
    if not isinstance(parent, ast.Call) or node not in parent.args[:1]:
        return False
    return sqlalchemy_name(context, module, parent.func) in EVENT_FUNCTIONS


def _iterator(context: Context, module: Module, node: ast.Subscript) -> None:
    """``Generator[Session, None, None]``, ``ContextManager[Session]``, wherever it stands."""
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    if async_class(context, module, first) is None or stays_sync(context, module, node):
        return
    if not _is_sync_generator(context, node):
        _async_iterator(context, module, node)


def _is_sync_generator(context: Context, node: ast.Subscript) -> bool:
    """Whether an annotation is what a generator returns that stays sync."""
    parent = context.kinds.parents.get(node)
    if not isinstance(parent, ast.FunctionDef) or parent.returns is not node or context.colours is None:
        return False
    function = context.kinds.module_by_node[parent].by_node.get(parent)
    return function in context.kinds.generators and function not in context.colours.asynchronous


def _async_iterator(context: Context, module: Module, node: ast.expr) -> None:
    name = node.value if isinstance(node, ast.Subscript) else node
    library = library_name(context, module, name)
    if library is None or library.partition(".")[0] not in ("typing", "collections", "contextlib", "typing_extensions"):
        return
    home, _, last = library.rpartition(".")
    new = ITERATORS.get(last) or MANAGERS.get(last)
    if new is None:
        return
    edits, source = context.edits(module), module.source
    try:
        with edits.together():
            edits.replace_node(name, context.imports(module).need(home, new))
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and new == "AsyncGenerator":
                elements = node.slice.elts
                if len(elements) == 3:
                    # An async generator returns nothing.
                    edits.replace(source.end(elements[1]), source.end(elements[2]), "")
    except EditConflictError:
        context.leave(module, node, "annotation", f"another change stands in the way of writing `{new}` here")


def _returned_generator(context: Context, function: Function) -> None:
    """The return annotation of a generator that becomes an async one, whatever it yields."""
    colours = context.colours
    if colours is None or function not in colours.asynchronous or function.is_async or function.is_lambda:
        return
    returns = function.node.returns  # type: ignore[union-attr]
    if returns is None or function not in context.kinds.generators:
        return
    if isinstance(returns, ast.Subscript | ast.Name | ast.Attribute):
        _async_iterator(context, function.module, returns)
    elif isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        _string_names(context, function.module, returns, {**CLASSES, **ITERATORS})


def _quoted(module: Module) -> Iterator[ast.Constant]:
    """The strings of a module that are annotations."""
    annotations: list[ast.expr | None] = []
    for node in module.source.nodes:
        if isinstance(node, ast.arg | ast.AnnAssign):
            annotations.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            annotations.append(node.returns)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast" and node.args:
            annotations.append(node.args[0])
        elif isinstance(node, ast.keyword) and node.arg == "bound":
            annotations.append(node.value)
    for annotation in annotations:
        if annotation is None:
            continue
        for node in _outside_literals(annotation):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node


def _outside_literals(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.Subscript):
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if name == "Literal":
            return
        if name == "Annotated" and isinstance(node.slice, ast.Tuple):
            yield from _outside_literals(node.slice.elts[0])
            return
    yield node
    for child in children(node):
        if isinstance(child, ast.expr):
            yield from _outside_literals(child)


def _string(context: Context, module: Module, node: ast.Constant) -> None:
    if not stays_sync(context, module, node):
        _string_names(context, module, node, CLASSES)


def _string_names(context: Context, module: Module, node: ast.Constant, wanted: dict[str, str]) -> None:
    """Replace names inside a string annotation."""
    text = str(node.value)
    segment = module.source.segment(node)
    if segment[1:-1] != text or not text.isascii():
        return
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return
    begin = module.source.start(node) + 1
    edits = context.edits(module)
    for name in walk(tree):
        if not isinstance(name, ast.Name | ast.Attribute) or name.end_col_offset is None:
            continue
        library = context.kinds.library_name(module, name)
        if library is None:
            continue
        home, _, last = library.rpartition(".")
        if last not in wanted or home.partition(".")[0] not in ("sqlalchemy", "sqlmodel", "typing", "collections"):
            continue
        if last in ITERATORS:
            new = context.imports(module).need(home, ITERATORS[last])
        elif home.partition(".")[0] == "sqlmodel" and last == "Session":
            new = context.imports(module).need("sqlmodel.ext.asyncio.session", "AsyncSession")
        elif home.partition(".")[0] in ("sqlalchemy", "sqlmodel"):
            new = context.imports(module).need(ASYNC, CLASSES[last])
        else:
            continue
        edits.replace(begin + name.col_offset, begin + name.end_col_offset, new)
    if enclosing(context, node) is None:
        return
    for one in walk(tree):
        if isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Tuple) and len(one.slice.elts) == 3:
            name_node = one.value
            last = name_node.id if isinstance(name_node, ast.Name) else getattr(name_node, "attr", "")
            if last == "Generator" and "Generator" in wanted:
                second, third = one.slice.elts[1], one.slice.elts[2]
                edits.replace(begin + (second.end_col_offset or 0), begin + (third.end_col_offset or 0), "")
