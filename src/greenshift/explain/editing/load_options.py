"""Loader options put into the statement that loaded an object."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst

from greenshift.explain.editing.source import Source, last_name
from greenshift.explain.editing.statements import LoadingStatement, find_loading
from greenshift.explain.explanation import Edit

# Options that load the relationship they name, so that the next step may be chained to them.
_LOADERS: Final = frozenset(
    {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "defaultload"}
)


@dataclass(frozen=True)
class Step:
    """One call of a chain of loader options.

    Args:
        option: ``selectinload``, ``undefer``...
        model: the attribute's class as the file calls it; None for the class that the statement selects.
        attribute: the attribute's name; None for ``selectin_polymorphic``, which names the subclass alone.
    """

    option: str
    model: str | None
    attribute: str | None


def option_text(steps: Sequence[Step], entity: str) -> str:
    """Return ``selectinload(Order.customer).undefer(Customer.notes)``.

    Args:
        steps: the chain.
        entity: what the selected class is called.
    """
    return ".".join(
        f"{one.option}({entity}, [{one.model}])"
        if one.attribute is None
        else f"{one.option}({one.model or entity}.{one.attribute})"
        for one in steps
    )


@dataclass(frozen=True)
class Insertion:
    """Options inserted into a file.

    Args:
        edits: the insertions.
        entity: the class as the statement writes it.
        functions: the option functions that the inserted text calls as plain names.
    """

    edits: tuple[Edit, ...]
    entity: str
    functions: tuple[str, ...]


def insert_options(
    source: Source, line: int, names: Collection[str], chains: Sequence[Sequence[Step]]
) -> Insertion | None:
    """Find the statement that loads a class and put options into it.

    Args:
        source: the file.
        line: a line of the statement, from 1.
        names: what the class is called in the file.
        chains: the options to add, each a chain of steps.

    Returns:
        The edits without those of imports; None where the statement cannot be told with certainty.
    """
    found = find_loading(source, line, names)
    if found is None:
        return None
    present = _present(source, found)
    edits = []
    added = []
    for chain in chains:
        before = next((call for call, keys in present if keys == [one.attribute for one in chain[:-1]]), None)
        if before is not None and len(chain) > 1:
            text = f".{option_text(chain[-1:], found.entity)}"
            edits.append(source.insertion(source.range(before).end, text, f"add {text[1:]} to the loader option"))
        else:
            added.append(chain)
    if added:
        text = ", ".join(option_text(chain, found.entity) for chain in added)
        edit = _into_get(source, found, text) if found.form == "get" else _behind(source, found, text)
        if edit is None:
            return None
        edits.append(edit)
    return Insertion(tuple(edits), found.entity, tuple(chain[0].option for chain in added))


def _present(source: Source, found: LoadingStatement) -> list[tuple[cst.Call, list[str]]]:
    """Return the loader options that the statement has already, each with the relationships of its chain."""
    node: cst.CSTNode = found.node
    if found.form == "query":
        node = next(
            (one for one in source.ancestors(node) if isinstance(source.parent(one), cst.BaseSmallStatement)), node
        )
    chains = []
    for call in source.nodes(cst.Call, within=node):
        above = source.parent(call)
        if isinstance(above, cst.Arg | cst.Element) and (keys := _keys(call)):
            chains.append((call, keys))
    return chains


def _keys(node: cst.BaseExpression) -> list[str] | None:
    """Return the relationships of ``selectinload(A.b).joinedload(B.c)``; None for any other expression."""
    if not isinstance(node, cst.Call) or last_name(node.func) not in _LOADERS or len(node.args) != 1:
        return None
    argument = node.args[0].value
    if not isinstance(argument, cst.Attribute):
        return None
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Call):
        before = _keys(node.func.value)
        return None if before is None else [*before, argument.attr.value]
    return [argument.attr.value]


def _behind(source: Source, found: LoadingStatement, text: str) -> Edit:
    node = found.node
    line_break = ""
    if found.form == "select" and isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        # The last method stands on a line of its own: so will this one.
        line = source.range(node.func.attr).start.line
        before = source.lines[line - 1][: source.range(node.func.attr).start.column]
        if before.strip() == ".":
            line_break = f"\n{source.indentation(line)}"
    return source.insertion(
        source.range(node).end, f"{line_break}.options({text})", f"load it with the query: .options({text})"
    )


def _into_get(source: Source, found: LoadingStatement, text: str) -> Edit | None:
    call = found.node
    assert isinstance(call, cst.Call)
    title = f"load it with the object: options=[{text}]"
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == "options":
            value = argument.value
            if not isinstance(value, cst.List | cst.Tuple) or not value.elements:
                return None
            return source.insertion(source.range(value.elements[-1]).end, f", {text}", title)
    last = call.args[-1]
    start, end = source.range(last).start, source.range(last).end
    before = source.lines[start.line - 1][: start.column]
    space = f"\n{before}" if not before.strip() and start.line > source.range(call).start.line else " "
    return source.insertion(end, f",{space}options=[{text}]", title)
