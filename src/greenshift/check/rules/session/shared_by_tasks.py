"""GS303: one session in several tasks at the same time."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule
from greenshift.check.rules.session.shared_by_tasks_samples import BAD, GOOD
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.concurrency import Started, concurrent
from greenshift.check.usage.names import Names
from greenshift.check.usage.sessions import BoundSession, bound_session
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity


class SharedByTasks(Rule):
    """``asyncio.gather(orders(session), users(session))``."""

    id = "GS303"
    title = "one session is used by several tasks at the same time"
    severity = Severity.ERROR
    why = (
        "A session is one transaction on one connection, for one task at a time. Two tasks that begin with it raise "
        "`InvalidRequestError: This session is provisioning a new connection; concurrent operations are not "
        "permitted`, or IllegalStateChangeError when it is closed (tried with asyncpg, psycopg and aiosqlite on "
        "SQLAlchemy 2.0 and 2.1). If it has its connection already, queries pass one after another, which gains no "
        "time, until a flush or a commit of one task comes into the other's work."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-asyncsession-with-concurrent-tasks"
    fix = "give each task a session of its own: hand over the factory, or await one after the other"
    bad = BAD
    good = GOOD

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at what runs at the same time."""
        names = usage_of(program).names
        for file in program.files:
            if not any(word in file.text for word in ("gather", "TaskGroup", "task_group", "as_completed", "wait")):
                continue
            for place, started in concurrent(names, file):
                for name in _shared(names, file, started):
                    yield self.found(
                        f"tasks that run at the same time share the session {name}: concurrent operations are not "
                        "permitted",
                        file.place(place),
                        subject=f"{name} in {file.path}",
                    )


def _shared(names: Names, file: SourceFile, started: list[Started]) -> Iterator[str]:
    """Yield the names of sessions that more than one of some coroutines use."""
    uses: dict[str, int] = {}
    for one in started:
        for name, bound in _sessions(names, file, one.node).items():
            if _is_serial(names, file, one.node):
                continue
            again = one.loop is not None and not _is_inside(file, bound.binding, one.loop)
            uses[name] = uses.get(name, 0) + (2 if again else 1)
    yield from (name for name, count in uses.items() if count > 1)


def _sessions(names: Names, file: SourceFile, node: ast.expr) -> dict[str, BoundSession]:
    """Return the asyncio sessions that the call of a coroutine uses, by name."""
    found: dict[str, BoundSession] = {}
    if not isinstance(node, ast.Call):
        return found
    given: list[ast.expr] = [*node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        given.append(node.func.value)
    for argument in given:
        if isinstance(argument, ast.Call):
            # create_task(f(session)), Repository(session).all()
            found.update(_sessions(names, file, argument))
        elif isinstance(argument, ast.Name):
            bound = bound_session(names, file, argument)
            if bound is not None and bound.kind == "async":
                found[argument.id] = bound
    return found


def _is_serial(names: Names, file: SourceFile, node: ast.expr) -> bool:
    """Whether the coroutine waits for a lock before it works."""
    called = names.function(file, node.func) if isinstance(node, ast.Call) else None
    return called is not None and any(
        isinstance(inside, ast.AsyncWith)
        and any("lock" in ast.unparse(item.context_expr).lower() for item in inside.items)
        for inside in ast.walk(called[1])
    )


def _is_inside(file: SourceFile, node: ast.AST, outer: ast.AST) -> bool:
    above: ast.AST | None = node
    while above is not None and above is not outer:
        above = file.parent(above)
    return above is not None
