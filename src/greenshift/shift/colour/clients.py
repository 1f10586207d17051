"""Which test clients become asynchronous, and which of their calls are awaited then.

A ``TestClient`` runs the application in a loop of its own, in a thread. Once the sessions and engines that the tests
share with the application are bound to the tests' loop, the application must run in that loop as well: so every client
becomes an ``httpx.AsyncClient``, unless it speaks nothing but WebSocket (which httpx cannot) or is Litestar's.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import Connection, Engine, Query, Session, SessionFactory, TestClientValue
from greenshift.shift.project import Class, Module
from greenshift.shift.project.desktop import keeps_sessions
from greenshift.shift.rewrite.context import Context

REQUESTS = {"get", "post", "put", "patch", "delete", "options", "head", "request", "send"}
"""Methods that are coroutine functions of ``httpx.AsyncClient`` under the same name."""
RENAMED = {"close": "aclose"}
"""Methods that are coroutine functions under another name."""
WEBSOCKET = "websocket_connect"
PORTAL = {"portal", "app_state", "exit_stack", "lifespan", "stream_send", "stream_receive", "wait_startup"}
"""What only a client with a loop of its own has."""


class ClientDecisions:
    """What becomes of the test clients of a project.

    Attributes:
        kept: The calls whose ``TestClient`` stays one, with the reason.
        kept_classes: The classes derived from ``TestClient`` that stay so, with the reason.
        sites: Every call that makes a ``TestClient``.
        is_flipped: Whether the project has anything that the flip makes asynchronous.

    Args:
        kinds: The analysis.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self.sites: set[ast.Call] = set()
        self.is_flipped = False
        used: dict[ast.AST | None, set[str]] = {}
        for node, values in kinds.known.items():
            for value in values:
                if isinstance(value, TestClientValue) and not value.is_async:
                    if isinstance(value.site, ast.Call):
                        self.sites.add(value.site)
                    used.setdefault(value.site, set()).update(self._use(node))
                elif isinstance(value, Query) or (
                    isinstance(value, Session | Engine | SessionFactory | Connection) and not value.is_async
                ):
                    self.is_flipped = True
        self.kept_classes = self._kept_classes()
        self.kept: dict[ast.Call, str] = {}
        for site in self.sites:
            reason = self._kept(site, used.get(site, set()))
            if reason is not None:
                self.kept[site] = reason

    def _use(self, node: ast.AST) -> set[str]:
        parent = self._kinds.parents.get(node)
        if isinstance(parent, ast.Attribute) and parent.value is node:
            return {parent.attr}
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "getattr":
            return {"get"}
        return set()

    def _kept_classes(self) -> dict[ast.ClassDef, str]:
        """Classes that do what an ``AsyncClient`` cannot, with all that derive from them."""
        classes, found = self._kinds.classes, {}
        for cls in self._kinds.project.classes:
            if classes.client_kind(cls) != "sync":
                continue
            for one in classes.line(cls):
                names = {"__init__", "__enter__", "__exit__", WEBSOCKET, *PORTAL} & set(one.functions)
                if names:
                    found[cls.node] = f"a class derived from TestClient has a `{min(names)}` of its own: it stays"
        return found

    def _kept(self, site: ast.Call, used: set[str]) -> str | None:
        name = self._kinds.library_name(self._kinds.module_by_node[site], site.func) or ""
        if name.startswith("litestar"):
            return "Litestar's TestClient runs the application in a loop of its own"
        cls = self._kinds.names.resolve(self._kinds.module_by_node[site], site.func)
        if isinstance(cls, Class) and cls.node in self.kept_classes:
            return self.kept_classes[cls.node]
        if any(isinstance(one, ast.Starred) for one in site.args) or any(one.arg is None for one in site.keywords):
            return "the arguments of this TestClient are not written out"
        if not site.args and not any(one.arg == "app" for one in site.keywords):
            return "this TestClient is given no application"
        if keeps_sessions(self._kinds.project, self._kinds.module_by_node[site]):
            return "the sessions of these tests stay sync: this TestClient runs the application in a loop of its own"
        if WEBSOCKET in used and not used & (REQUESTS | {"stream"}):
            return "httpx knows no WebSocket: this TestClient stays, with the application in a loop of its own"
        return None

    def converts(self, node: ast.AST) -> bool:
        """Whether an expression is a ``TestClient`` that becomes an ``httpx.AsyncClient``."""
        if not self.is_flipped:
            return False
        clients = [
            value for value in self._kinds.values(node) if isinstance(value, TestClientValue) and not value.is_async
        ]
        sites = [value.site for value in clients if isinstance(value.site, ast.Call)]
        classes = [value.site for value in clients if isinstance(value.site, ast.ClassDef)]
        if sites or classes:
            return any(site not in self.kept for site in sites) or any(one not in self.kept_classes for one in classes)
        return bool(clients) and (not self.sites or len(self.kept) < len(self.sites))


def client_decisions(context: Context) -> ClientDecisions:
    """Return what becomes of a project's test clients."""
    return context.kinds.once(ClientDecisions)


def converts_client(context: Context, where: Module | ast.AST) -> bool:
    """Return whether a ``TestClient`` becomes an ``httpx.AsyncClient``.

    Args:
        context: The flip's context.
        where: An expression that is a client; or a module: whether any client made in it is converted.
    """
    decisions = client_decisions(context)
    if isinstance(where, Module):
        return decisions.is_flipped and any(
            site not in decisions.kept and context.kinds.module_by_node[site] is where for site in decisions.sites
        )
    return decisions.converts(where)


def converts_touch(context: Context, node: ast.expr) -> bool:
    """Return whether a request, or a ``with`` on a client or its stream, is one of a converted client.

    Args:
        context: The flip's context.
        node: The call, or the ``with`` item's expression.
    """
    if converts_client(context, node):
        return True
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return converts_client(context, node.func.value)
    # getattr(client, method)(...)
    return isinstance(node.func, ast.Call) and any(converts_client(context, one) for one in node.func.args[:1])
