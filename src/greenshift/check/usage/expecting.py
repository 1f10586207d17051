"""Code that is meant to fail."""

from __future__ import annotations

import ast
from typing import Final

from greenshift.check.source.source_file import SourceFile

_EXPECTING: Final = ("raises", "assertRaises", "assertRaisesRegex", "suppress", "RaisesGroup", "xfail")


def is_expected_to_fail(file: SourceFile, node: ast.AST) -> bool:
    """Return whether a node stands in ``with pytest.raises(...)`` or the like, or in a ``try`` that has handlers.

    Args:
        file: the file.
        node: the node.
    """
    child, above = node, file.parent(node)
    while above is not None:
        if isinstance(above, ast.With | ast.AsyncWith) and any(
            isinstance(item.context_expr, ast.Call)
            and (file.name(item.context_expr.func) or "").rpartition(".")[2] in _EXPECTING
            for item in above.items
        ):
            return True
        if isinstance(above, ast.Try) and above.handlers and child in above.body:
            return True
        child, above = above, file.parent(above)
    return False
