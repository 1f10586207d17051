"""GS304: one session for all requests."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.calls import own_nodes, reached
from greenshift.check.usage.sessions import is_scoped, session_kind
from greenshift.check.usage.usage import Usage, usage_of
from greenshift.report.findings import Finding, Place, Severity


class ModuleSession(Rule):
    """``session = SessionLocal()`` at module level, used by routes."""

    id = "GS304"
    title = "a session made at module level is shared by all requests, tasks or threads"
    severity = Severity.WARNING
    why = (
        "A module's session is made once, and everything that uses it shares its transaction and its connection: the "
        "commit of one request commits what another has half done, a failed flush makes every later request raise "
        "PendingRollbackError, and two threads at once raise `InvalidRequestError: This session is provisioning a "
        "new connection; concurrent operations are not permitted` (tried with four threads). What it has loaded is "
        "never looked up anew."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks"
    fix = "make a session for each request or task: with SessionLocal() as session, a dependency, or a scoped_session"
    bad = (
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(engine)
session = SessionLocal()
app = FastAPI()


@app.get("/users")
def users():
    return session.execute(text("SELECT name FROM users")).all()
""",
            path="app/main.py",
            finds="users uses it",
        ),
        code(
            """\
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
db = Session(engine)
app = Flask(__name__)


def names():
    return db.execute(text("SELECT name FROM users")).scalars().all()


@app.route("/users")
def users():
    return {"names": names()}
""",
            path="app/main.py",
            finds="names uses it",
        ),
    )
    good = (
        code(
            """\
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
session = scoped_session(sessionmaker(engine))
app = Flask(__name__)


@app.route("/users")
def users():
    return {"names": session.execute(text("SELECT name FROM users")).scalars().all()}
"""
        ),
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(engine)
app = FastAPI()


@app.get("/users")
def users():
    session = SessionLocal()
    try:
        return session.execute(text("SELECT name FROM users")).all()
    finally:
        session.close()
"""
        ),
        code(
            """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
session = Session(engine)


def names():
    return session.execute(text("SELECT name FROM users")).scalars().all()


print(names())
""",
            path="scripts/names.py",
        ),
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
app = FastAPI()

with Session(engine) as session:
    VERSION = session.execute(text("SELECT version()")).scalar_one()


@app.get("/version")
def version():
    return VERSION
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look for sessions at module level, and for routes, dependencies and tasks that use them."""
        usage = usage_of(program)
        sessions = {session[2]: session for session in _module_sessions(usage, program)}
        if not sessions:
            return
        found: dict[ast.expr, tuple[str, Place]] = {}
        for file, function in _running_again(usage):
            for node in own_nodes(function):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    assigned = usage.names.assigned(file, node)
                    if assigned is not None and assigned[1] in sessions:
                        found.setdefault(assigned[1], (function.name, file.place(node)))
        for value, (user, place) in found.items():
            home, name, _ = sessions[value]
            yield self.found(
                f"the session {name} is made once, at module level, and {user} uses it: requests share its transaction",
                home.place(value),
                subject=f"{name} in {home.path}",
                related=[(place, "uses it")],
            )


def _module_sessions(usage: Usage, program: Program) -> Iterator[tuple[SourceFile, str, ast.expr]]:
    for file in program.files:
        if file.is_test:
            continue
        for statement in file.tree.body:
            value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            if not isinstance(value, ast.Call) or not isinstance(targets[0], ast.Name):
                continue
            if session_kind(usage.names, file, value) is not None and not is_scoped(usage.names, file, value.func):
                yield file, targets[0].id, value


def _running_again(usage: Usage) -> Iterator[tuple[SourceFile, FunctionNode]]:
    """Yield the functions that run in requests, tasks and threads."""
    seen: set[FunctionNode] = set()
    for file, function in usage.names.definitions():
        if file.is_test or usage.roles.of(function) is None:
            continue
        for definition in reached(usage.names, file, function):
            if definition[1] not in seen:
                seen.add(definition[1])
                yield definition
