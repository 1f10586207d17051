"""GS301: objects of an asyncio session expire when it commits."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Program, SessionFactory, Symbol
from greenshift.check.rules.rule import Rule
from greenshift.check.rules.session.expire_on_commit_samples import BAD, GOOD
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Edit, Finding, Severity


class ExpireOnCommit(Rule):
    """``async_sessionmaker(engine)`` without ``expire_on_commit=False``."""

    id = "GS301"
    title = "expire_on_commit is left on for asyncio sessions"
    severity = Severity.WARNING
    why = (
        "A commit expires every object of the session: the next attribute that is read loads it again. In an asyncio "
        "program that is a query outside of await, and raises `MissingGreenlet: greenlet_spawn has not been called` "
        "(tried on SQLAlchemy 2.0 and 2.1), typically when the response is made from an object that was just saved. "
        "With expire_on_commit=False objects keep what they have, and refresh() loads what the database computed."
    )
    source = (
        "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession"
    )
    fix = "add expire_on_commit=False"
    bad = BAD
    good = GOOD

    def session_factory(self, factory: SessionFactory, program: Program) -> Iterable[Finding]:
        """Look at the argument."""
        if factory.kind != "async" or factory.argument("expire_on_commit") is not None or not _is_plain(factory):
            return
        file = next((file for file in program.files if file.path == factory.place.file), None)
        if factory.is_session and not _reads_expired(file, factory):
            return
        if _is_given_later(factory, program):
            return
        edits = []
        if factory.addition is not None:
            place, before = factory.addition
            edits = [Edit(place, f"{before}expire_on_commit=False")]
        yield self.found(
            f"{factory.made_by} without expire_on_commit=False: after a commit, reading an attribute raises "
            "MissingGreenlet",
            factory.place,
            subject=factory.subject,
            edits=edits,
        )


def _is_plain(factory: SessionFactory) -> bool:
    """Whether sessions are SQLAlchemy's or SQLModel's own: another class may have a default of its own."""
    if factory.is_session:
        return factory.made_by == "AsyncSession"
    given = factory.argument("class_")
    return given is None or given.surely(
        lambda value: (
            isinstance(value, Symbol)
            and value.last == "AsyncSession"
            and value.name.startswith(("sqlalchemy.", "sqlmodel."))
        )
    )


def _reads_expired(file: SourceFile | None, factory: SessionFactory) -> bool:
    """Whether the function that makes a session reads an object, or returns it, after a commit."""
    if file is None:
        return False
    for call in file.nodes(ast.Call):
        if file.place(call) == factory.place:
            around = file.function(call)
            return around is not None and _reads_after_commit(file, around)
    return False


def _reads_after_commit(file: SourceFile, function: FunctionNode) -> bool:
    nodes = list(ast.walk(function))
    commits = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "commit"]
    if not commits:
        return False
    last = min(node.lineno for node in commits)
    sessions = {ast.unparse(node.value) for node in commits}
    return any(
        (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id not in sessions | {"self"}
            and not isinstance(file.parent(node), ast.Call)
            and node.lineno > last
        )
        or (isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.lineno > last)
        for node in nodes
    )


def _is_given_later(factory: SessionFactory, program: Program) -> bool:
    """Whether the argument is given when the factory is called or configured."""
    names = usage_of(program).names
    for file in program.files:
        if "expire_on_commit" not in file.text:
            continue
        for call in file.nodes(ast.Call):
            if any(keyword.arg == "expire_on_commit" for keyword in call.keywords):
                func = call.func
                owner = func.value if isinstance(func, ast.Attribute) and func.attr == "configure" else func
                if factory in names.factories(file, owner):
                    return True
    return False
