"""Lazy loads that the shift awaits through ``awaitable_attrs``, which the application's models may not have."""

from __future__ import annotations

import ast

from greenshift.shift.project import Source
from greenshift.shift.rewrite.edits import Edits

ATTRIBUTE = "awaitable_attrs"
SPAWN = "greenlet_spawn"


def without_awaitable_attributes(source: Source) -> Source:
    """Return a module that reads relationships inside SQLAlchemy's greenlet in place of ``awaitable_attrs``.

    ``await post.awaitable_attrs.author`` becomes ``await greenlet_spawn(getattr, post, "author")``.

    Args:
        source: The converted module.
    """
    edits = Edits(source)
    for node in source.nodes_of(ast.Attribute):
        if isinstance(node.value, ast.Attribute) and node.value.attr == ATTRIBUTE:
            edits.insert_before(node, f"{SPAWN}(getattr, ")
            # Behind the closing parentheses of what is read.
            before = source.text[: source.end(node.value) - len(ATTRIBUTE)].rstrip().removesuffix(".").rstrip()
            edits.replace(len(before), source.end(node), f', "{node.attr}")')
    if not edits:
        return source
    text = edits.apply()
    return Source(source.file, _with_import(Source(source.file, text)))


def _with_import(source: Source) -> str:
    imports = [one for one in source.tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    offset = source.line_end(source.end(imports[-1])) if imports else 0
    return f"{source.text[:offset]}from sqlalchemy.util import {SPAWN}\n{source.text[offset:]}"
