"""GS402: connections that are open before a fork, and shared by the processes after it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.lifecycle.fork_samples import BAD, GOOD
from greenshift.check.rules.rule import Rule
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.at_import import connections_at_import
from greenshift.check.usage.connecting import Use, disposes
from greenshift.check.usage.forking import Fork, forks
from greenshift.check.usage.usage import Usage, usage_of
from greenshift.report.findings import Finding, Severity


class ConnectedBeforeFork(Rule):
    """``preload_app`` or Celery's prefork with a connection at import; ``os.fork`` and ``Process`` after use."""

    id = "GS402"
    title = "an engine that is connected before a fork"
    severity = Severity.WARNING
    why = (
        "A forked process inherits the pool, and in it the parent's sockets: parent and children then write to and "
        "read from the same connection. Queries get each other's answers, or none at all and wait for ever; a "
        "transaction of one process commits or rolls back another's. It shows only when two of them happen to query "
        "at once."
    )
    source = (
        "https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork"
    )
    fix = (
        "do not connect before the fork; or call `engine.dispose(close=False)` first thing in the child (gunicorn's "
        "`post_fork`, Celery's `worker_process_init`, an `initializer` of the pool, `os.register_at_fork`)"
    )
    bad = BAD
    good = GOOD

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at what is connected when the server or the code forks."""
        engines = [engine for engine in program.engines if _is_shared(engine)]
        if not engines or any(disposes(file.tree) for file in program.files if not file.is_test):
            return
        usage = usage_of(program)
        at_import = [use for use in connections_at_import(usage) if use.engine in engines]
        for use in at_import:
            reason = _forking_server(usage, use.file)
            if not reason:
                continue
            yield self.found(
                f"{use.shown} connects when {use.file.path} is imported, and {reason}",
                use.file.place(use.node),
                subject=f"{use.engine.subject}, {use.shown}",
                related=[(use.engine.place, "the engine")],
            )
        for fork, engine in _forks_after_use(usage, engines):
            yield self.found(
                f"{fork.shown} runs {fork.child} in a forked process that shares this process's connections of "
                f"{engine.name}",
                fork.file.place(fork.call),
                subject=f"{fork.shown} of {fork.child} in {fork.file.path}",
                related=[(engine.place, "the engine")],
            )


def _is_shared(engine: Engine) -> bool:
    """Whether an engine's pool keeps connections, and processes that are forked later have it too."""
    return not engine.is_live and engine.scope in (Scope.MODULE, Scope.CACHED) and engine.is_queue is True


def _forking_server(usage: Usage, file: SourceFile) -> str:
    """Return what surely imports a file and forks then; "" if nothing does."""
    program = usage.names.program
    preloads = program.deployment.preloads
    if preloads is not None and preloads.surely(lambda value: value is True):
        return "gunicorn forks its workers after that (preload_app): they share the connection"
    celery = [one for one in program.files if not one.is_test and _is_of_celery(one)]
    if any(usage.graph.reaches(one.path, file.path) for one in celery) and not _has_other_pool(program):
        return "Celery's worker forks its processes after that: they share the connection"
    return ""


def _is_of_celery(file: SourceFile) -> bool:
    """Whether a file makes a Celery application, or has tasks of Celery: its worker imports it before it forks."""
    made = any((file.name(call.func) or "") in ("celery.Celery", "celery.app.Celery") for call in file.nodes(ast.Call))
    return made or "celery.shared_task" in file.imports.values()


def _has_other_pool(program: Program) -> bool:
    """Whether the program chooses a pool of Celery that does not fork, or has a hook for the new process."""
    for file in program.files:
        if any(word in file.text for word in ("worker_pool", "CELERYD_POOL", "worker_process_init")):
            return True
    return False


def _forks_after_use(usage: Usage, engines: list[Engine]) -> Iterator[tuple[Fork, Engine]]:
    for fork in forks(usage):
        before: list[Use] = fork.used_before(usage)
        for use in fork.used_in_child(usage):
            if use.engine in engines and any(use.engine is earlier.engine for earlier in before):
                yield fork, use.engine
                break
