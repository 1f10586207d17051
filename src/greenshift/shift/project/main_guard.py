"""What stands under ``if __name__ == "__main__":``."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeGuard


def is_main_guard(node: ast.AST | None) -> TypeGuard[ast.If]:
    """Whether a node is ``if __name__ == "__main__":``.

    Args:
        node: Any node, or None.
    """
    return isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)


def under_main_guard(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a node stands under one, however deep.

    Args:
        node: Any node.
        parents: Each node's parent.
    """
    above = parents.get(node)
    while above is not None:
        if is_main_guard(above):
            return True
        above = parents.get(above)
    return False
