"""What a fixture of the application's tests is for: a session, an engine, a session factory, a client, the tables."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from greenshift.shift.kinds.metadata import is_creation_method, is_metadata_call
from greenshift.shift.kinds.values import (
    NOTHING,
    Connection,
    Engine,
    FunctionValue,
    Session,
    SessionFactory,
    Statement,
    TestClientValue,
    Value,
    Values,
)
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import children, walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.handed_sessions import NAMES as HANDED_SESSIONS

Role = Literal["session", "engine", "factory", "client", "set-up"]
ROLES: dict[type[Value], Role] = {
    Session: "session",
    Engine: "engine",
    SessionFactory: "factory",
    TestClientValue: "client",
}
WORDS: dict[Role, str] = {
    "session": "give a session",
    "engine": "give an engine",
    "factory": "give a session factory",
    "client": "give a client",
    "set-up": "prepare the database",
}
DATABASE = (Engine, SessionFactory, Session, Connection)
# None of these leaves anything in a database that is empty before the test and rewound after it.
_HARMLESS = {
    "aclose", "begin", "begin_nested", "close", "close_all", "commit", "connect", "dispose", "expire_all", "remove",
    "rollback",
}  # fmt: skip
_CLIENT_PARTS = {"ASGITransport", "LifespanManager"}
_BASE_URLS = {"http://test", "http://testserver", "http://test/", "http://testserver/"}
_PLAIN = (
    ast.AsyncFunctionDef,
    ast.AsyncWith,
    ast.FunctionDef,
    ast.Import,
    ast.ImportFrom,
    ast.Pass,
    ast.Raise,
    ast.Return,
    ast.Try,
    ast.With,
)


@dataclass(frozen=True)
class FixtureRole:
    """What a fixture is for.

    Attributes:
        function: The fixture.
        role: What it gives; ``set-up`` for one that only prepares the database.
        extra: The first thing in it that is not recognised; None where it does nothing more.
        client: The call that makes the client.
        shares_session: Whether the application is given the tests' own session in it.
    """

    function: Function
    role: Role
    extra: ast.AST | None
    client: ast.Call | None = None
    shares_session: bool = False


def _nothing(node: ast.AST) -> bool:
    return False


def fixture_role(
    context: Context, function: Function, *, takes_sync: bool = False, prepares: Callable[[ast.AST], bool] = _nothing
) -> FixtureRole | None:
    """Return what a fixture is for; None where it has nothing to do with the database or a client.

    Args:
        context: The context of what the flip made.
        function: The fixture.
        takes_sync: Whether sync sessions and engines are as good.
        prepares: Asked of each statement and call: whether it only prepares a database, which is not needed any more.
    """
    node = function.node
    if isinstance(node, ast.Lambda):
        return None
    given = context.kinds.given(function)
    roles = {role for kind, role in ROLES.items() if any(isinstance(one, kind) for one in given)}
    body = _Body(context, function.module, prepares, takes_sync=takes_sync)
    extra = next(body.extras(node), None)
    is_mixed = any(getattr(one, "is_async", True) is False for one in given) and not takes_sync
    if len(roles) > 1 or (roles and is_mixed):
        return FixtureRole(function, roles.pop(), node)
    if roles:
        role = roles.pop()
        if role == "client" and body.client is None and extra is None:
            extra = node
        return FixtureRole(function, role, extra, body.client, body.shares_session)
    gives = any(isinstance(one, ast.Yield | ast.Return) and one.value is not None for one in walk(node))
    if body.prepares and not gives:
        return FixtureRole(function, "set-up", extra)
    return None


def session_override(context: Context, module: Module, node: ast.AST) -> ast.expr | None:
    """Return what stands in for the session's dependency, for ``app.dependency_overrides[get_db] = it``; else None.

    Args:
        context: The context.
        module: The statement's module.
        node: The statement.
    """
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return None
    target = node.targets[0]
    if not isinstance(target, ast.Subscript) or not is_overrides(target.value):
        return None
    return node.value if gives_session(context, target.slice) else None


def is_overrides(node: ast.expr) -> bool:
    """Whether an expression is an application's ``dependency_overrides``."""
    return isinstance(node, ast.Attribute) and node.attr == "dependency_overrides"


def is_variable_of_environment(node: ast.expr, variables: frozenset[str]) -> bool:
    """Whether an expression is ``os.environ["NAME"]`` of one of the variables."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value in variables
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "environ"
    )


def gives_session(context: Context, node: ast.expr) -> bool:
    """Whether an expression is a dependency that gives a session."""
    return any(
        isinstance(one, FunctionValue)
        and any(isinstance(given, Session) for given in context.kinds.given(one.function))
        for one in context.kinds.values(node)
    )


class _Body:
    """Looks through what a fixture does."""

    def __init__(
        self, context: Context, module: Module, only_prepares: Callable[[ast.AST], bool], *, takes_sync: bool
    ) -> None:
        self.context = context
        self.kinds = context.kinds
        self.module = module
        self.only_prepares = only_prepares
        self.takes_sync = takes_sync
        self.prepares = False
        self.shares_session = False
        self.client: ast.Call | None = None
        self.transactions: set[str] = set()
        self.clearable: bool | None = None

    def extras(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
        """Yield what is not recognised."""
        for statement in node.body:
            yield from self.statement(statement)

    def statement(self, node: ast.AST) -> Iterator[ast.AST]:
        if self.only_prepares(node):
            self.prepares = True
            return
        override = session_override(self.context, self.module, node)
        if isinstance(node, ast.Assign | ast.AnnAssign) and override is None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if not all(isinstance(one, ast.Name) for one in targets):
                yield node
            self.note_transaction(node)
        elif override is not None:
            self.prepares = True
            self.note_sharing(override)
        elif isinstance(node, ast.For | ast.AsyncFor):
            if "sorted_tables" not in self.module.source.segment(node.iter):
                yield node
            else:
                yield from (one for part in [*node.body, *node.orelse] for one in self.statement(part))
            return
        elif isinstance(node, ast.stmt) and not isinstance(node, (*_PLAIN, ast.Expr)):
            yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self.extras(node)
            return
        for child in children(node):
            if isinstance(child, ast.Call):
                yield from self.call(child)
            elif override is None or child is not node.targets[0]:  # type: ignore[attr-defined]
                yield from self.statement(child)

    def call(self, node: ast.Call) -> Iterator[ast.AST]:
        if self.only_prepares(node):
            self.prepares = True
            return
        if not self.is_known(node):
            yield node
        for child in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from self.argument(child)
        if isinstance(node.func, ast.Attribute):
            yield from self.argument(node.func.value)

    def argument(self, node: ast.expr) -> Iterator[ast.AST]:
        # A statement that deletes is judged with the call that sends it.
        if isinstance(node, ast.Call):
            if not self.deletes(node):
                yield from self.call(node)
        else:
            yield from self.statement(node)

    def is_known(self, node: ast.Call) -> bool:
        values = self.kinds.values(node)
        function = node.func
        if is_metadata_call(self.kinds, node):
            self.prepares = True
            return True
        clients = [one for one in values if isinstance(one, TestClientValue)]
        if clients:
            self.client = node
            # A sync client is not Greenshift's: it stays as it is written.
            return (self.takes_sync and not clients[0].is_async) or self.is_plain_client(node)
        if isinstance(function, ast.Attribute):
            if is_overrides(function.value):
                return self.takes_overrides_back(node, function.attr)
            if function.attr == "run_sync" and len(node.args) == 1 and is_creation_method(node.args[0]):
                self.prepares = True
                return True
            if function.attr == "execute" and node.args and self.deletes(node.args[0]):
                self.prepares = True
                return True
            if function.attr == "lifespan_context":
                return True
            if function.attr in _HARMLESS:
                receiver = function.value
                local = isinstance(receiver, ast.Name) and receiver.id in self.transactions
                return local or self.kinds.is_a(receiver, *DATABASE, TestClientValue)
        if any(isinstance(one, DATABASE) for one in values) and not self.kinds.targets(node):
            return True
        if isinstance(function, ast.Name) and function.id in HANDED_SESSIONS:
            return True
        if any(isinstance(one, Statement) for one in values) and not self.kinds.targets(node):
            return not any(isinstance(one, DATABASE) for one in self.receiver(function))
        return (self.kinds.library_name(self.module, function) or "").rpartition(".")[2] in _CLIENT_PARTS

    def receiver(self, function: ast.expr) -> Values:
        return self.kinds.values(function.value) if isinstance(function, ast.Attribute) else NOTHING

    def is_plain_client(self, node: ast.Call) -> bool:
        """Whether a client is made as Greenshift's is."""
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg == "base_url":
                if value not in _BASE_URLS:
                    return False
            elif keyword.arg == "follow_redirects":
                if not isinstance(value, bool):
                    return False
            elif keyword.arg == "transport":
                transport = keyword.value
                if not isinstance(transport, ast.Call) or {one.arg for one in transport.keywords} - {"app"}:
                    return False
            else:
                return False
        return not node.args

    def takes_overrides_back(self, node: ast.Call, name: str) -> bool:
        if name == "pop":
            return bool(node.args) and gives_session(self.context, node.args[0])
        if name != "clear":
            return False
        if self.clearable is None:
            # What other fixtures put there is taken back here as well.
            self.clearable = not any(
                isinstance(one, ast.Subscript)
                and isinstance(one.ctx, ast.Store)
                and is_overrides(one.value)
                and not gives_session(self.context, one.slice)
                for module in self.context.project.modules
                if module.is_test
                for one in module.source.nodes
            )
        return self.clearable

    def deletes(self, node: ast.expr) -> bool:
        """Whether an expression is a statement that deletes rows."""
        statements = [one for one in self.kinds.values(node) if isinstance(one, Statement)]
        if statements and all(one.verb == "delete" for one in statements):
            return True
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "delete"
            and isinstance(node.func.value, ast.Name)
            and not node.args
            and not self.kinds.values(node.func.value)
        )

    def note_transaction(self, node: ast.Assign | ast.AnnAssign) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return
        if value.func.attr in ("begin", "begin_nested") and self.kinds.is_a(value.func.value, *DATABASE):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            self.transactions |= {one.id for one in targets if isinstance(one, ast.Name)}

    def note_sharing(self, override: ast.expr) -> None:
        """Whether a stand-in gives a session that was made outside of it."""
        if isinstance(override, ast.Lambda):
            self.shares_session |= self.kinds.is_a(override.body, Session)
        for one in self.kinds.values(override):
            if isinstance(one, FunctionValue) and isinstance(one.function.node, ast.FunctionDef | ast.AsyncFunctionDef):
                made = [
                    inner for inner in walk(one.function.node)
                    if isinstance(inner, ast.Call) and self.kinds.is_a(inner, Session) and not self.kinds.targets(inner)
                ]  # fmt: skip
                self.shares_session |= not made
