"""How far the code goes from an attribute that it reads: ``order.customer.address.city`` needs the address too."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import libcst as cst
from sqlalchemy.orm import Mapper

from greenshift.explain.editing.source import Source

Path = tuple[tuple[type[Any], str], ...]

_DEPTH: Final = 6
_UNLOADABLE: Final = frozenset({"dynamic", "write_only", "noload", "raise", "raise_on_sql"})


def reached(source: Source, line: int, mapper: Mapper[Any], attribute: str, names: Collection[str] = ()) -> list[Path]:
    """Return the relationships that the code reads from an attribute on, each path beginning with the attribute.

    Args:
        source: the file.
        line: the line that reads the attribute.
        mapper: of the class that has it.
        attribute: a relationship of the class.
        names: the variables that hold the object; none where they are not known.
    """
    first: Path = ((mapper.class_, attribute),)
    target = mapper.relationships[attribute].mapper
    paths: set[Path] = {first}
    on_line = [
        node
        for node in source.nodes(cst.Attribute)
        if node.attr.value == attribute and source.range(node.attr).start.line == line
    ]
    of_object = [node for node in on_line if isinstance(node.value, cst.Name) and node.value.value in names]
    for node in of_object or on_line:
        paths |= {(*first, *rest) for rest in _uses(source, node, target, _DEPTH)}
    # What a longer path loads, it loads on its way.
    longest = [one for one in paths if not any(other != one and other[: len(one)] == one for other in paths)]
    return sorted(longest, key=lambda path: [key for _, key in path])


def _uses(source: Source, node: cst.CSTNode, mapper: Mapper[Any], depth: int) -> Iterator[Path]:
    above = source.parent(node)
    if not depth:
        return
    if isinstance(above, cst.Attribute) and above.value is node:
        relationship = mapper.relationships.get(above.attr.value)
        if relationship is not None and relationship.lazy not in _UNLOADABLE:
            step = ((mapper.class_, relationship.key),)
            yield step
            for rest in _uses(source, above, relationship.mapper, depth - 1):
                yield (*step, *rest)
    elif isinstance(above, cst.Subscript) and above.value is node:
        yield from _uses(source, above, mapper, depth - 1)
    elif isinstance(above, cst.For | cst.CompFor) and above.iter is node and isinstance(above.target, cst.Name):
        within: cst.CSTNode | None = above.body if isinstance(above, cst.For) else source.parent(above)
        yield from _uses_of_name(source, above.target.value, within, mapper, depth)
    elif isinstance(above, cst.Assign) and isinstance(above.targets[0].target, cst.Name):
        function = source.function_of(node)
        if function is not None:
            yield from _uses_of_name(source, above.targets[0].target.value, function.body, mapper, depth)


def _uses_of_name(
    source: Source, name: str, within: cst.CSTNode | None, mapper: Mapper[Any], depth: int
) -> Iterator[Path]:
    if within is None:
        return
    for node in source.nodes(cst.Name, within=within):
        if node.value == name:
            yield from _uses(source, node, mapper, depth - 1)
