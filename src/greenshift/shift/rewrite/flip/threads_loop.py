"""The loop that threads share: they share the engine's pool, and a connection belongs to the loop that made it."""

from __future__ import annotations

from collections.abc import Sequence

from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name

THREADING = {"threading", "concurrent", "multiprocessing"}


def has_threads(context: Context) -> bool:
    """Whether the application starts threads of its own.

    Args:
        context: The flip's context.
    """
    return any(
        one.module.partition(".")[0] in THREADING
        for module in context.project.modules
        if not module.is_test
        for one in module.imports.values()
    )


def threads_loop(context: Context, home: Module, engines: Sequence[str], result: str) -> tuple[list[str], list[str]]:
    """Return the class of the shared loop, and the lines of a function ``(work)`` that use it in threads.

    Args:
        context: The flip's context.
        home: The module of the engines.
        engines: The names of the engines there.
        result: The type variable of what a coroutine gives.
    """
    imports = context.imports(home)
    asyncio, threading = imports.need("asyncio", ""), imports.need("threading", "")
    coroutine, anything = imports.need("collections.abc", "Coroutine"), imports.need("typing", "Any")
    name, shared = free_name(home, "ThreadsLoop", "LoopOfThreads"), free_name(home, "threads_loop", "loop_of_threads")
    definition = [
        f"class {name}:",
        '    """One loop for the coroutines of all threads: they share the connections of the pool."""',
        "",
        "    def __init__(self) -> None:",
        f"        self.lock = {threading}.Lock()",
        "        self.users = 0",
        "",
        f"    def run(self, work: {coroutine}[{anything}, {anything}, {result}]) -> {result}:",
        '        """Run a coroutine; the last one closes what is left in the pool."""',
        "        with self.lock:",
        "            if not self.users:",
        "                # What another loop left in the pool is out of reach.",
        *(f"                {engine}.sync_engine.dispose(close=False)" for engine in engines),
        f"                self.loop = {asyncio}.new_event_loop()",
        f"                self.thread = {threading}.Thread(target=self.loop.run_forever, daemon=True)",
        "                self.thread.start()",
        "            self.users += 1",
        "        try:",
        f"            return {asyncio}.run_coroutine_threadsafe(work, self.loop).result()",
        "        finally:",
        "            with self.lock:",
        "                self.users -= 1",
        "                if not self.users:",
        *(
            f"                    {asyncio}.run_coroutine_threadsafe({engine}.dispose(), self.loop).result()"
            for engine in engines
        ),
        "                    self.loop.call_soon_threadsafe(self.loop.stop)",
        "                    self.thread.join()",
        "                    self.loop.close()",
        "",
        "",
        f"{shared} = {name}()",
        "",
        "",
    ]
    use = [
        f"    if not is_in_loop and {threading}.current_thread() is not {threading}.main_thread():",
        f"        return {shared}.run(work)",
    ]
    return definition, use
