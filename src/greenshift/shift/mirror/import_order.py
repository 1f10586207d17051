"""The imports of a new mirror in the order that isort and ruff want, within the blocks that they stand in."""

from __future__ import annotations

import ast
from itertools import pairwise

from greenshift.shift.project import Source

Statement = ast.Import | ast.ImportFrom


def with_sorted_imports(text: str) -> str:
    """Return a module whose import statements are sorted within each block of lines that follow each other.

    Args:
        text: The module's text. Blocks with comments or statements of several lines stay as they are.
    """
    source = Source("mirror.py", text)
    blocks: list[list[Statement]] = []
    imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for index, node in enumerate(imports):
        if index and imports[index - 1].end_lineno == node.lineno - 1:
            blocks[-1].append(node)
        else:
            blocks.append([node])
    lines = text.split("\n")
    for block in blocks:
        first, last = block[0].lineno - 1, (block[-1].end_lineno or block[-1].lineno)
        if last - first != len(block) or any("#" in line or ";" in line for line in lines[first:last]):
            continue
        if all(_key(one) <= _key(other) for one, other in pairwise(block)) and all(map(_is_sorted, block)):
            continue
        lines[first:last] = [_written(one) for one in sorted(block, key=_key)]
    return "\n".join(lines)


def _key(node: Statement) -> tuple[bool, bool, str]:
    if isinstance(node, ast.Import):
        return (False, False, node.names[0].name)
    # Relative imports come last.
    return (True, bool(node.level), f"{'.' * node.level}{node.module or ''}")


def _is_sorted(node: Statement) -> bool:
    return all(_name_key(one) <= _name_key(other) for one, other in pairwise(node.names))


def _name_key(alias: ast.alias) -> tuple[bool, bool, str]:
    # Constants, then classes, then the rest.
    return (not (alias.name.isupper() and len(alias.name) > 1), not alias.name[:1].isupper(), alias.name)


def _written(node: Statement) -> str:
    if isinstance(node, ast.ImportFrom):
        node = ast.ImportFrom(node.module, sorted(node.names, key=_name_key), node.level)
    return ast.unparse(node)
