"""What a function calls, directly and through others, as far as that can be told."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.names import Definition, Names

_FUNCTIONS: Final = 60


def own_nodes(unit: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when a function (or module) runs: those of functions defined in it are not.

    Args:
        unit: the function, lambda or module.
    """
    pending: list[ast.AST] = list(unit.body) if isinstance(unit, FunctionNode | ast.Module) else [unit]
    pending.reverse()
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, FunctionNode):
            inner: list[ast.AST] = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.Lambda):
            inner = []
        else:
            inner = list(ast.iter_child_nodes(node))
        pending.extend(reversed(inner))


def own_calls(names: Names, file: SourceFile, unit: ast.AST) -> Iterable[ast.Call]:
    """Return the calls that run when a function or module (or any other code) runs.

    Args:
        names: keeps what was found.
        file: the code's file.
        unit: the code.
    """
    if isinstance(unit, ast.Module | FunctionNode):
        return names.bindings(file).calls(unit)
    return (node for node in own_nodes(unit) if isinstance(node, ast.Call))


def called(names: Names, file: SourceFile, unit: ast.AST) -> Iterator[tuple[ast.Call, Definition]]:
    """Yield every call of a function of the program that a function (or module) makes itself.

    Args:
        names: what the program's names mean.
        file: the function's file.
        unit: the function or module.
    """
    for node in own_calls(names, file, unit):
        found = names.function(file, node.func)
        if found is not None:
            yield node, found


def reached(names: Names, file: SourceFile, function: FunctionNode) -> list[Definition]:
    """Return a function and all that it calls, through others too.

    Args:
        names: what the program's names mean.
        file: the function's file.
        function: the function.
    """
    found: dict[FunctionNode, Definition] = {function: (file, function)}
    pending: list[Definition] = [(file, function)]
    while pending and len(found) < _FUNCTIONS:
        home, here = pending.pop(0)
        for _, (there, callee) in called(names, home, here):
            if callee not in found:
                found[callee] = (there, callee)
                pending.append((there, callee))
    return list(found.values())
