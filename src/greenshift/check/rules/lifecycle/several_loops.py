"""GS403: an asyncio engine whose pool is shared by several event loops."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.lifecycle.several_loops_samples import BAD, GOOD
from greenshift.check.rules.rule import Rule
from greenshift.check.usage.calls import reached
from greenshift.check.usage.connecting import Use, disposes, uses
from greenshift.check.usage.event_loops import LoopRun, repeated_loops
from greenshift.check.usage.usage import Usage, usage_of
from greenshift.report.findings import Finding, Severity

# Their connections can be used in one loop after another, though SQLAlchemy does not promise it.
LOOP_FREE_DRIVERS: Final = ("psycopg", "psycopg_async", "aiosqlite")
_ONE_TASK_A_PROCESS: Final = re.compile(r"max_?tasks_?per_?child\W{1,4}1\b", re.IGNORECASE)


class SeveralLoops(Rule):
    """``asyncio.run(...)`` in a task, a route or a loop, whose coroutine uses the module's engine."""

    id = "GS403"
    title = "an asyncio engine that several event loops share"
    severity = Severity.WARNING
    why = (
        "asyncio.run makes an event loop and closes it. The connection that its coroutine used goes back to the "
        "engine's pool, and the next asyncio.run takes it out in another loop: asyncpg raises `got Future attached to "
        "a different loop` or `Event loop is closed`. The first task of each process works, the second fails; "
        "pool_pre_ping changes nothing, since the ping fails in the same way."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"
    fix = (
        "give such an engine poolclass=NullPool, or `await engine.dispose()` at the end of the coroutine that "
        "asyncio.run runs; or keep one event loop for the whole process (asyncio.Runner) and run everything in it"
    )
    bad = BAD
    good = GOOD

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at each coroutine that is run in loops of its own."""
        engines = [engine for engine in program.engines if _is_bound_to_loop(engine)]
        if not engines or any(_ONE_TASK_A_PROCESS.search(file.text) for file in program.files):
            return
        usage = usage_of(program)
        for run in repeated_loops(usage):
            use = _use(usage, run, engines)
            if use is not None:
                coroutine = run.coroutine[1].name
                yield self.found(
                    f"{run.shown} runs {coroutine}() in a new event loop {run.repeated}, and that uses the pool of "
                    f"{use.engine.name}",
                    run.file.place(run.call),
                    subject=f"{run.unit.name} in {run.file.path}",
                    related=[(use.file.place(use.node), "its use"), (use.engine.place, "the engine")],
                )


def _is_bound_to_loop(engine: Engine) -> bool:
    return (
        engine.is_async
        and not engine.is_live
        and engine.scope in (Scope.MODULE, Scope.CACHED)
        and engine.is_queue is True
        and engine.driver not in LOOP_FREE_DRIVERS
    )


def _use(usage: Usage, run: LoopRun, engines: list[Engine]) -> Use | None:
    """Return where a coroutine, or what it calls, uses one of the engines; None if it disposes of any."""
    inside = reached(usage.names, *run.coroutine)
    if disposes(run.unit) or any(disposes(function) for _, function in inside):
        return None
    for file, function in inside:
        for use in uses(usage.names, file, function):
            if any(use.engine is engine for engine in engines):
                return use
    return None
