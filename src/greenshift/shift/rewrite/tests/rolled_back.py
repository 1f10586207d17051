"""Clients whose application works on the session of the tests: a rollback in it expires what the tests hold.

The tests reloaded it by reading it. Now the client has it loaded again once the application has answered.
"""

from __future__ import annotations

import ast
from collections import Counter
from weakref import WeakKeyDictionary

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import Instance, Session
from greenshift.shift.loading.local_reads import session_of
from greenshift.shift.loading.sharing import tests_share_session
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name, insert_definition, top_statement

NAMES = ("load_again", "load_what_is_expired")
_WRITTEN: WeakKeyDictionary[Kinds, set[Module]] = WeakKeyDictionary()


def hook_after_answers(context: Context, module: Module, site: ast.Call) -> str | None:
    """Return the argument that a client gets, with its function written into the module; None where none is needed.

    Args:
        context: The flip's context.
        module: Where the client is made.
        site: The call that makes it.
    """
    session = _shared_session(context, site) if _rolls_back(context.kinds) else None
    before = top_statement(context, site)
    if session is None or before is None:
        return None
    name = free_name(module, *NAMES)
    written = _WRITTEN.setdefault(context.kinds, set())
    if module not in written:
        written.add(module)
        insert_definition(context, module, before, _definition(context, module, name))
    context.count("clients that load again")
    return f'event_hooks={{"response": [lambda _: {name}({session})]}}'


def _rolls_back(kinds: Kinds) -> bool:
    """Whether the application itself ever rolls a session back."""
    return any(
        isinstance(call.func, ast.Attribute) and call.func.attr == "rollback" and kinds.is_a(call.func.value, Session)
        for module in kinds.project.modules
        if not module.is_test
        for call in kinds.calls(module)
    )


def _shared_session(context: Context, site: ast.Call) -> str | None:
    """The text of the session that the tests around a client share with the application."""
    kinds = context.kinds
    unit = kinds.unit(site)
    if not isinstance(unit, Function):
        return None
    names = [parameter.name for parameter in unit.parameters]
    held: Counter[str] = Counter()
    for module in kinds.project.modules:
        for node in module.source.nodes_of(ast.Attribute) if module.is_test else ():
            if not isinstance(node.value, ast.Name) or node.value.id not in names or not kinds.is_a(node, Session):
                continue
            holders = [value for value in kinds.values(node.value) if isinstance(value, Instance)]
            if any(not one.cls.module.is_test for one in holders):
                held[f"{node.value.id}.{node.attr}"] += 1
    if held:
        # The application keeps the session itself, and the tests use it.
        return max(held, key=lambda text: held[text])
    if not tests_share_session(kinds):
        return None
    return session_of(kinds, unit)


def _definition(context: Context, module: Module, name: str) -> str:
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
