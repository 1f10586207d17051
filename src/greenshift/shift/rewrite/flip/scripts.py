"""What stands under ``if __name__ == "__main__":`` and calls functions that became async."""

from __future__ import annotations

import ast

from greenshift.shift.colour import Colours
from greenshift.shift.project import Module
from greenshift.shift.project.main_guard import is_main_guard
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.awaiting import await_expression
from greenshift.shift.rewrite.flip.create_all import is_creation
from greenshift.shift.rewrite.flip.runner import Runner


def fix_scripts(context: Context, runner: Runner) -> None:
    """Run what a script's main part awaits in a loop.

    Args:
        context: The flip's context.
        runner: Gives the name of what runs a coroutine.
    """
    colours = context.colours
    assert colours is not None
    for module in context.project.modules:
        for statement in module.source.tree.body:
            if is_main_guard(statement):
                _guard(context, colours, module, statement, runner)


def _guard(context: Context, colours: Colours, module: Module, guard: ast.If, runner: Runner) -> None:
    inside = [node for statement in guard.body for node in walk(statement) if context.kinds.unit(node) is module]
    awaited = [node for node in inside if isinstance(node, ast.expr) and node in colours.awaits]
    contexts = [node for node in inside if isinstance(node, ast.With) and set(node.items) & colours.async_withs]
    loops = [node for node in inside if node in colours.async_fors]
    if not awaited and not contexts and not loops:
        return
    calls = [node for node in awaited if _calls_only_functions(context, node)]
    if len(calls) == len(awaited) and not contexts and not loops:
        for call in calls:
            context.edits(module).wrap(call, f"{runner.name(module)}(", ")")
        return
    if guard.orelse or any(isinstance(node, ast.Call) and is_creation(context, node) for node in inside):
        context.leave(module, guard, "entry", "this part of the script must run in asyncio.run")
        return
    _as_function(context, module, guard, awaited, runner)


def _calls_only_functions(context: Context, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and bool(context.kinds.targets(node))


def _as_function(context: Context, module: Module, guard: ast.If, awaited: list[ast.expr], runner: Runner) -> None:
    """The body becomes a coroutine function, where it stands; a new main part runs it."""
    source, edits = module.source, context.edits(module)
    test = source.text[source.start(guard) : source.end(guard.test)]
    name = "run_script" if "run_script" not in module.top else "_run_script"
    edits.replace(source.start(guard), source.end(guard.test), f"async def {name}() -> None")
    for node in awaited:
        await_expression(context, module, node)
    edits.insert(source.end(guard), f"\n\n\n{test}:\n    {runner.name(module)}({name}())")
