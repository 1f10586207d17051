"""The function that runs a coroutine from sync code, written once beside the application's engine."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.colour.entries import is_cached, is_imported
from greenshift.shift.kinds.values import Engine, Instance
from greenshift.shift.project import Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name, import_spelling, insert_definition, top_statement
from greenshift.shift.rewrite.flip.scope import is_reached
from greenshift.shift.rewrite.flip.threads_loop import has_threads, threads_loop
from greenshift.shift.rewrite.imports import Imports

NAME = "run_async"
UNPOOLED = {"StaticPool", "NullPool"}


@dataclass(frozen=True)
class GlobalEngine:
    """An engine that a module makes when it is imported.

    Attributes:
        module: The module.
        name: The engine's name there.
        statement: The assignment.
        is_pooled: Whether connections stay open behind it.
    """

    module: Module
    name: str
    statement: ast.stmt
    is_pooled: bool


def global_engines(context: Context) -> list[GlobalEngine]:
    """Return the engines that the application's modules make when they are imported, those of tests not among them.

    Args:
        context: The flip's context.
    """
    found: list[GlobalEngine] = []
    for module in context.project.modules:
        if module.is_test or not is_reached(context, module):
            continue
        for statement in module.source.tree.body:
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.Call):
                continue
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if not isinstance(target, ast.Name):
                continue
            values = context.kinds.values(statement.value)
            # A proxy has no engine yet when it is made.
            is_proxy = any(isinstance(value, Instance) for value in values)
            if not is_proxy and any(isinstance(value, Engine) and not value.is_async for value in values):
                found.append(GlobalEngine(module, target.id, statement, _is_pooled(statement.value)))
    return found


def _is_pooled(call: ast.Call) -> bool:
    for node in walk(call):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name in UNPOOLED:
            return False
        if isinstance(node, ast.Constant) and node.value in ("sqlite://", "sqlite:///:memory:"):
            return False
    return True


class Runner:
    """Gives modules the name of the function that runs a coroutine.

    Args:
        context: The flip's context.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        engines = [one for one in global_engines(context) if one.is_pooled]
        self._home = engines[0].module if engines else None
        self._engines = [one for one in engines if one.module is self._home]
        self._before = self._engines[0].statement if engines else None
        if not engines:
            self._home, self._before = _entry_inside_loops(context)
        self._name = free_name(self._home, NAME, "run_in_new_loop") if self._home is not None else ""
        self._written = False

    def name(self, module: Module) -> str:
        """Return what a module calls with a coroutine: ``asyncio.run`` where no engine outlives it.

        Args:
            module: The module that calls.
        """
        if self._home is None:
            return f"{self.context.imports(module).need('asyncio', '')}.run"
        if not self._written:
            self._written = True
            self._write(self._home)
        if module is self._home:
            return self._name
        spelling = import_spelling(self.context.project, module, self._home)
        return self.context.imports(module).need(spelling, self._name)

    def _write(self, home: Module) -> None:
        imports = self.context.imports(home)
        asyncio = imports.need("asyncio", "")
        coroutine, anything = imports.need("collections.abc", "Coroutine"), imports.need("typing", "Any")
        variable = imports.need("typing", "TypeVar")
        executor = imports.need("concurrent.futures", "ThreadPoolExecutor")
        copy_context = imports.need("contextvars", "copy_context")
        result = free_name(home, "T", "ResultT")
        if self._engines:
            noting: list[str] = []
            begin: list[str] = []
            closing = [f"            await {engine.name}.dispose()" for engine in self._engines]
        else:
            noting, begin, closing = _noted_engines(imports)
        names = [engine.name for engine in self._engines]
        shared, in_threads = (
            threads_loop(self.context, home, names, result) if names and has_threads(self.context) else ([], [])
        )
        lines = [
            f'{result} = {variable}("{result}")',
            "",
            "",
            *shared,
            f"def {self._name}(work: {coroutine}[{anything}, {anything}, {result}]) -> {result}:",
            '    """Run a coroutine from sync code, in a loop of its own, and close what it leaves in the pool."""',
            *noting,
            "",
            f"    async def run_and_close() -> {result}:",
            *begin,
            "        try:",
            "            return await work",
            "        finally:",
            *closing,
            "",
            "    try:",
            f"        {asyncio}.get_running_loop()",
            "    except RuntimeError:",
            "        is_in_loop = False",
            "    else:",
            "        is_in_loop = True",
            *in_threads,
            *self._fresh_pools(),
            "    if not is_in_loop:",
            f"        return {asyncio}.run(run_and_close())",
            "    # Async code called the sync code: a thread runs the new loop.",
            f"    with {executor}(max_workers=1) as executor:",
            f"        return executor.submit({copy_context}().run, {asyncio}.run, run_and_close()).result()",
        ]
        assert self._before is not None
        insert_definition(self.context, home, self._before, "\n".join(lines))

    def _fresh_pools(self) -> list[str]:
        if not self._engines:
            return []
        return [
            "    # The new loop needs connections of its own: what another loop left in the pool is out of its reach.",
            *(f"    {engine.name}.sync_engine.dispose(close=False)" for engine in self._engines),
        ]


def _entry_inside_loops(context: Context) -> tuple[Module | None, ast.stmt | None]:
    """Where the first entry stands that may be called in a running loop, which ``asyncio.run`` refuses.

    uvicorn imports the application in its loop; what is cached, async code calls as well.
    """
    colours = context.colours
    assert colours is not None
    for function in context.project.functions:
        if function not in colours.entries:
            continue
        if is_imported(context.kinds, function) or is_cached(context.kinds, function):
            return function.module, top_statement(context, function.node)
    return None, None


def _noted_engines(imports: Imports) -> tuple[list[str], list[str], list[str]]:
    """For engines that functions make: what notes those that are used, begins to, and closes them."""
    event, engine = imports.need("sqlalchemy", "event"), imports.need("sqlalchemy", "Engine")
    connection = imports.need("sqlalchemy", "Connection")
    async_engine, static = (
        imports.need("sqlalchemy.ext.asyncio", "AsyncEngine"),
        imports.need("sqlalchemy", "StaticPool"),
    )
    noting = [
        f"    used: set[{engine}] = set()",
        "",
        f"    def note_engine(connection: {connection}) -> None:",
        "        used.add(connection.engine)",
    ]
    closing = [
        f'            {event}.remove({engine}, "engine_connect", note_engine)',
        "            for engine in used:",
        f"                if not isinstance(engine.pool, {static}):",
        f"                    await {async_engine}(engine).dispose()",
    ]
    return noting, [f'        {event}.listen({engine}, "engine_connect", note_engine)'], closing
