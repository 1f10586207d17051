"""Clients whose application works on the session of the tests.

A rollback in it expires what the tests hold. They reloaded it by reading it; now the client has it loaded again once
the application has answered. And no commit of the tests expires the relationships that they loaded: a session that the
application keeps itself, and the tests use, goes on holding them where a request's own session would load them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import Instance, Session
from greenshift.shift.loading.keys import got_by_key
from greenshift.shift.loading.local_reads import session_of
from greenshift.shift.loading.sharing import tests_share_session
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name, insert_definition, top_statement

LOADING = ("load_again", "load_what_is_expired")
FORGETTING = ("forget_related", "forget_relationships")
_WRITTEN: WeakKeyDictionary[Kinds, set[Module]] = WeakKeyDictionary()


def hooks_around_requests(context: Context, module: Module, site: ast.Call) -> str | None:
    """Return the argument that a client gets, with its functions written into the module; None where none is needed.

    Args:
        context: The flip's context.
        module: Where the client is made.
        site: The call that makes it.
    """
    held = _held_session(context, site)
    session = held or _handed_session(context, site)
    before = top_statement(context, site)
    if session is None or before is None:
        return None
    kept = context.kinds.once(got_by_key) if held is not None and context.kinds.once(_has_relationships) else None
    after: list[str] = []
    definitions: list[str] = []
    hooks: list[str] = []
    if kept is not None:
        name = free_name(module, *FORGETTING)
        hooks.append(f'"request": [lambda _: {name}({session})]')
        # What a request loaded stays as little: the next commit expired it.
        after.append(f"lambda _: {name}({session})")
        definitions.append(_forgetting(context, module, name, kept))
    if context.kinds.once(_rolls_back):
        name = free_name(module, *LOADING)
        after.append(f"lambda _: {name}({session})")
        definitions.append(_loading(context, module, name))
    if after:
        hooks.append(f'"response": [{", ".join(after)}]')
    if not hooks:
        return None
    written = _WRITTEN.setdefault(context.kinds, set())
    if module not in written:
        written.add(module)
        insert_definition(context, module, before, "\n\n\n".join(definitions))
    context.count("clients on the session of the tests")
    return f"event_hooks={{{', '.join(hooks)}}}"


def _has_relationships(kinds: Kinds) -> bool:
    return any(kinds.classes.relationships(cls) for cls in kinds.project.classes)


def _rolls_back(kinds: Kinds) -> bool:
    """Whether the application itself ever rolls a session back."""
    return any(
        isinstance(call.func, ast.Attribute) and call.func.attr == "rollback" and kinds.is_a(call.func.value, Session)
        for module in kinds.project.modules
        if not module.is_test
        for call in kinds.calls(module)
    )


def _held_session(context: Context, site: ast.Call) -> str | None:
    """The text of the session that the application keeps itself, and the tests around a client use."""
    kinds = context.kinds
    unit = kinds.unit(site)
    names = [parameter.name for parameter in unit.parameters] if isinstance(unit, Function) else []
    held = [use for name in names for use in kinds.once(_uses_of_held).get(name, ())]
    return max(held, key=lambda use: (use.count, -use.order)).text if held else None


@dataclass
class _Use:
    """A session of the application's as tests name it: how often they do, and which they name first."""

    text: str
    order: int
    count: int = 0


def _uses_of_held(kinds: Kinds) -> dict[str, list[_Use]]:
    """The sessions that the application keeps itself and tests use, by the name of what holds them."""
    found: dict[str, dict[str, _Use]] = {}
    order = 0
    for module in kinds.project.modules:
        for node in module.source.nodes_of(ast.Attribute) if module.is_test else ():
            if not isinstance(node.value, ast.Name) or not kinds.is_a(node, Session):
                continue
            holders = [value for value in kinds.values(node.value) if isinstance(value, Instance)]
            if any(not one.cls.module.is_test for one in holders):
                order += 1
                text = f"{node.value.id}.{node.attr}"
                found.setdefault(node.value.id, {}).setdefault(text, _Use(text, order)).count += 1
    return {name: list(uses.values()) for name, uses in found.items()}


def _handed_session(context: Context, site: ast.Call) -> str | None:
    """The text of the session that the tests around a client hand to the application."""
    unit = context.kinds.unit(site)
    if not isinstance(unit, Function) or not context.kinds.once(tests_share_session):
        return None
    return session_of(context.kinds, unit)


def _forgetting(context: Context, module: Module, name: str, kept: set[str]) -> str:
    imports = context.imports(module)
    inspect, session = imports.need("sqlalchemy", "inspect"), imports.need("sqlalchemy.ext.asyncio", "AsyncSession")
    listed = ", ".join(f'"{one}"' for one in sorted(kept))
    also = f" and type(instance).__name__ not in {{{listed}}}" if kept else ""
    return "\n".join(
        [
            f"async def {name}(session: {session}) -> None:",
            '    """Have relationships loaded anew: a request\'s own session would not hold what tests loaded."""',
            "    for instance in list(session.identity_map.values()):",
            f"        if instance not in session.dirty{also}:",
            f"            state = {inspect}(instance)",
            "            for relationship in set(state.mapper.relationships.keys()) - state.unloaded:",
            "                session.expire(instance, [relationship])",
        ]
    )


def _loading(context: Context, module: Module, name: str) -> str:
    imports = context.imports(module)
    inspect, gone = imports.need("sqlalchemy", "inspect"), imports.need("sqlalchemy.exc", "InvalidRequestError")
    session = imports.need("sqlalchemy.ext.asyncio", "AsyncSession")
    return "\n".join(
        [
            f"async def {name}(session: {session}) -> None:",
            '    """Load what a rollback in the application expired: the tests go on reading it."""',
            "    for instance in list(session.identity_map.values()):",
            f"        state = {inspect}(instance)",
            "        expired = state.expired_attributes & set(state.mapper.column_attrs.keys())",
            "        if expired and session.is_active:",
            "            try:",
            "                await session.refresh(instance, expired)",
            f"            except {gone}:",
            "                # Its row is gone: whoever reads it is told so.",
            "                continue",
        ]
    )
