"""Loads related rows again that a commit used to expire: where a foreign key was set, and not the relationship.

``session.add(Comment(post_id=post.id))`` leaves ``post.comments`` as it was loaded, and what is appended to a
collection stays at its end, whatever ``order_by`` says. Expiring them, the commit had both read anew. Without it a
session that is not new goes on showing what it held: no error tells of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.names import last_name
from greenshift.shift.kinds.values import ClassValue, Instance
from greenshift.shift.project import Class, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import insert_definition, top_statement
from greenshift.shift.rewrite.prepare.expire_on_commit import makes_sessions

NOTING, LOADING = "note_stale_relationships", "load_stale_relationships"
NOT_HELD = {"dynamic", "write_only", "noload"}
"""``lazy=`` arguments with which an instance never holds the rows. One that raises holds what an option loaded."""
ADDING = {"append", "extend", "insert", "add", "update"}


def reload_stale_relationships(context: Context) -> None:
    """Listen, beside the application's session factory, for flushes that leave loaded relationships stale.

    Args:
        context: The stage's context; the session factories have been looked at already.
    """
    if not context.counts.get("expire_on_commit") or any(NOTING in module.top for module in context.project.modules):
        return
    if not _is_needed(context):
        return
    for module in context.project.modules:
        if module.is_test:
            continue
        for call in context.kinds.calls(module):
            before = top_statement(context, call) if makes_sessions(context, module, call) else None
            if before is not None:
                insert_definition(context, module, before, _definitions(context, module))
                context.count("listeners that load stale relationships")
                return


def _is_needed(context: Context) -> bool:
    classes = context.kinds.classes
    related = [
        one
        for cls in context.project.classes
        if classes.is_model(cls)
        for one in classes.relationships(cls).values()
        if one.lazy not in NOT_HELD and one.target is not None
    ]
    names = _attributes_read(context) if related else set()
    read = {one for one in related if one.name in names}
    return bool(read) and (_sets_keys(context, read) or _appends(context, [one for one in read if _is_ordered(one)]))


def _attributes_read(context: Context) -> set[str]:
    """The names of attributes that are read, and of the fields of classes that are filled from instances."""
    found: set[str] = set()
    for module in context.project.modules:
        found |= {node.attr for node in module.source.nodes_of(ast.Attribute) if isinstance(node.ctx, ast.Load)}
        found |= {name for cls in module.classes if not context.kinds.classes.is_model(cls) for name in cls.assignments}
    return found


def _sets_keys(context: Context, related: set[Relationship]) -> bool:
    """Whether the application sets a foreign key of a class that another one has a relationship to."""
    kinds = context.kinds
    targets = {cls for one in related if one.target is not None for cls in kinds.classes.below(one.target)}
    targets |= {one.target for one in related if one.target is not None}
    # The key of a many-to-one side belongs to the class itself.
    owners = {cls for one in related if not one.is_collection for cls in (one.cls, *kinds.classes.below(one.cls))}
    for module in context.project.modules:
        if module.is_test:
            continue
        for node in kinds.nodes(module):
            if isinstance(node, ast.Call):
                if _sets_any(node) and any(
                    _foreign_keys(context, cls) for cls in _held(context, node.args[0]) & (targets | owners)
                ):
                    return True
                for value in kinds.values(node.func):
                    if isinstance(value, ClassValue) and value.cls in targets:
                        keys = _foreign_keys(context, value.cls)
                        if any(keyword.arg is None or keyword.arg in keys for keyword in node.keywords):
                            return True
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                held = _held(context, node.value)
                if any(node.attr in _foreign_keys(context, cls) for cls in held & (targets | owners)):
                    return True
    return False


def _sets_any(call: ast.Call) -> bool:
    """``for name, value in changes.items(): setattr(item, name, value)``."""
    is_set = isinstance(call.func, ast.Name) and call.func.id == "setattr" and len(call.args) == 3
    return is_set and not isinstance(call.args[1], ast.Constant)


def _held(context: Context, node: ast.expr) -> set[Class]:
    return {value.cls for value in context.kinds.values(node) if isinstance(value, Instance)}


def _foreign_keys(context: Context, cls: Class) -> set[str]:
    return {
        name
        for one in context.kinds.classes.line(cls)
        for name, (_, value) in one.assignments.items()
        if value is not None
        and any(last_name(node.func) == "ForeignKey" for node in walk(value) if isinstance(node, ast.Call))
    }


def _is_ordered(relationship: Relationship) -> bool:
    node = relationship.node
    return isinstance(node, ast.Call) and any(keyword.arg == "order_by" for keyword in node.keywords)


def _appends(context: Context, ordered: list[Relationship]) -> bool:
    names = {one.name for one in ordered}
    return any(_grown(node) & names for module in context.project.modules for node in module.source.nodes)


def _grown(node: ast.AST) -> set[str]:
    """The names of attributes whose collections a node adds to, or sets."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ADDING:
            return {node.func.value.attr} if isinstance(node.func.value, ast.Attribute) else set()
        return {keyword.arg for keyword in node.keywords if keyword.arg}
    return {node.attr} if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) else set()


def _definitions(context: Context, module: Module) -> str:
    imports = context.imports(module)
    event, inspect = imports.need("sqlalchemy", "event"), imports.need("sqlalchemy", "inspect")
    session, gone = imports.need("sqlalchemy.orm", "Session"), imports.need("sqlalchemy.exc", "InvalidRequestError")
    direction = imports.need("sqlalchemy.orm", "RelationshipDirection")
    return "\n".join(_lines(event, inspect, session, gone, direction))


def _lines(event: str, inspect: str, session: str, gone: str, direction: str) -> Iterator[str]:
    yield from (
        f'@{event}.listens_for({session}, "after_flush")',
        f"def {NOTING}(session: {session}, flush_context: object) -> None:",
        '    """Note loaded relationships that a flush leaves stale: a commit used to have them read anew."""',
        "    changed = [*session.new, *session.dirty]",
        "    deleted = {id(one) for one in session.deleted}",
        "    stale = []",
        "",
        "    def value(instance, column):",
        f"        state = {inspect}(instance)",
        "        if not state.mapper.columns.contains_column(column):",
        "            return None",
        "        return state.dict.get(state.mapper.get_property_by_column(column).key)",
        "",
        "    for instance in [*session.identity_map.values(), *session.new]:",
        f"        state = {inspect}(instance)",
        "        for relationship in state.mapper.relationships:",
        "            if id(instance) in deleted or relationship.key not in state.dict:",
        "                continue",
        f"            if relationship.viewonly and relationship.direction is not {direction}.MANYTOONE:",
        "                continue",
        "            held = state.dict[relationship.key]",
        "            if relationship.uselist:",
        "                held = list(held.values() if isinstance(held, dict) else held)",
        "            else:",
        "                held = [] if held is None else [held]",
        "            pairs = relationship.local_remote_pairs",
        f"            if relationship.direction is {direction}.MANYTOONE:",
        "                keys = [value(instance, local) for local, _ in pairs]",
        "                others = [[value(one, remote) for _, remote in pairs] for one in held]",
        "                is_changed = any(instance is one for one in changed)",
        "                is_stale = is_changed and None not in keys and others != [keys]",
        "            else:",
        "                is_stale = any(id(one) in deleted for one in held)",
        "                if relationship.secondary is None and not is_stale:",
        "                    is_stale = any(",
        "                        isinstance(one, relationship.mapper.class_)",
        "                        and any(one is other for other in held)",
        "                        != all(value(one, remote) == value(instance, local) for local, remote in pairs)",
        "                        for one in changed",
        "                    )",
        "                # What was added stands at the end, wherever it belongs.",
        "                if relationship.order_by and len(held) > 1:",
        "                    is_stale = is_stale or bool(state.attrs[relationship.key].history.added)",
        "            if is_stale:",
        "                stale.append((instance, relationship.key, held))",
        '    session.info["stale_relationships"] = stale',
        "",
        "",
        f'@{event}.listens_for({session}, "after_flush_postexec")',
        f"def {LOADING}(session: {session}, flush_context: object) -> None:",
        '    """Load what was noted: an async session cannot do it when it is read."""',
        "    # What was held stays alive until it is held again, with all that it has loaded.",
        '    for instance, name, _held in session.info.pop("stale_relationships", ()):',
        "        try:",
        "            session.refresh(instance, [name])",
        f"        except {gone}:",
        "            # Its row is gone: whoever reads it is told so.",
        "            continue",
    )
