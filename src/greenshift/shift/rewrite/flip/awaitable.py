"""``--loading awaitable``: ``await post.awaitable_attrs.author`` where nobody knows which statement loaded the post.

``AsyncAttrs`` gives mapped classes that attribute (SQLAlchemy 2.0.13 and newer):
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncAttrs
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.touches import Touch
from greenshift.shift.project import Class
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.unproved import plan_loading

MIXIN = "AsyncAttrs"


def awaited_reads(context: Context) -> dict[Touch, Relationship]:
    """Return the reads of relationships that are to be awaited, as touches of the database.

    Args:
        context: The flip's context, before anything is coloured.
    """
    plan = plan_loading(context) if context.options.loading == "awaitable" else None
    if plan is None:
        return {}
    return {
        Touch(node, module, "relationship", relationship.name, "await"): relationship
        for relationship, readers in plan.awaited.items()
        for module, node in readers
        if isinstance(node, ast.Attribute)
    }


def fix_awaited_reads(context: Context) -> None:
    """Read through ``awaitable_attrs`` what is awaited, and give the models that attribute.

    Args:
        context: The flip's context, with its colours; the awaits are written already.
    """
    assert context.colours is not None
    bases: dict[Class, None] = {}
    for touch, relationship in context.colours.reads.items():
        if not isinstance(touch.node, ast.Attribute) or touch.node not in context.colours.awaits:
            continue
        context.edits(touch.module).insert_after(touch.node.value, ".awaitable_attrs")
        base = _base_of(context, relationship.cls)
        if base is not None:
            bases[base] = None
        name = f"{relationship.cls.name}.{relationship.name}"
        context.leave(
            touch.module,
            touch.node,
            "lazy load",
            f"{name} is read of an instance whose statement is not known: it is awaited, with a statement of its own",
        )
    for base in bases:
        name = context.imports(base.module).need("sqlalchemy.ext.asyncio", MIXIN)
        context.edits(base.module).insert_before(base.node.bases[0], f"{name}, ")


def _base_of(context: Context, cls: Class) -> Class | None:
    """The class from which all models derive, or the model itself; None where it has ``AsyncAttrs`` already."""
    classes = context.kinds.classes
    line = classes.line(cls)
    if any(name.endswith(f".{MIXIN}") for one in line for name in classes.external_bases[one]):
        return None
    roots = [one for one in line if not classes.is_model(one) and classes.external_bases[one] and one.node.bases]
    return next((one for one in [*reversed(roots), cls] if one.node.bases), None)
