"""``TestClient`` becomes ``httpx.AsyncClient``, in the loop of the test that uses it."""

from __future__ import annotations

import ast

from greenshift.shift.colour.clients import PORTAL, RENAMED, WEBSOCKET, client_decisions
from greenshift.shift.kinds.values import TestClientValue
from greenshift.shift.project import Class, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.client_application import application_of
from greenshift.shift.rewrite.tests.client_calls import ClientCall, convert_call

KIND = "test client"
STREAMED = {"iter_bytes", "iter_lines", "iter_text", "iter_raw", "read"}
"""What reads a response piece by piece, or whole: httpx calls the async forms ``aiter_bytes``, ``aread``."""


def convert_clients(context: Context) -> None:
    """Convert every client that ``colour.clients`` chose, with all that is done with it.

    Args:
        context: The flip's context.
    """
    decisions = client_decisions(context)
    if not decisions.is_flipped:
        return
    for site, reason in decisions.kept.items():
        context.leave(context.kinds.module_by_node[site], site, KIND, reason)
    for module in context.project.modules:
        if "TestClient" in module.source.text or "client" in module.source.text:
            _Clients(context, module).run()


class _Clients:
    """One module's clients."""

    def __init__(self, context: Context, module: Module) -> None:
        self.context = context
        self.kinds = context.kinds
        self.module = module
        self.decisions = client_decisions(context)
        self.edits = context.edits(module)
        self.constructors: set[ast.AST] = set()

    def run(self) -> None:
        nodes = self.module.source.nodes
        entered = {item.context_expr: item for node in nodes if isinstance(node, ast.With) for item in node.items}
        for node in nodes:
            if isinstance(node, ast.Call) and node in self.decisions.sites:
                if not isinstance(self.kinds.names.resolve(self.module, node.func), Class):
                    self.constructors.add(node.func)
                if node not in self.decisions.kept:
                    convert_call(ClientCall(self.context, self.module, node, entered.get(node)))
            elif node in entered and not isinstance(node, ast.Call) and self.decisions.converts(node):
                self.entered_again(entered[node])
        for node in nodes:
            if isinstance(node, ast.With):
                self.streamed(node)
            if isinstance(node, ast.Attribute) and self.decisions.converts(node.value):
                self.attribute(node)
            elif isinstance(node, ast.Call):
                self.keywords(node)
        for node in nodes:
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                self.class_name(node)

    def entered_again(self, item: ast.withitem) -> None:
        """``with client:`` on a client made elsewhere runs the lifespan; the client itself stays as it is."""
        text = self.application(item.context_expr)
        source = self.module.source
        client = source.segment(item.context_expr)
        if text is None:
            self.context.leave(self.module, item.context_expr, KIND, "the application of this client is not known here")
            return
        new = f"{text}.router.lifespan_context({text})"
        if item.optional_vars is not None:
            nullcontext = self.context.imports(self.module).need("contextlib", "nullcontext")
            new += f", {nullcontext}({client})"
        self.edits.replace_node(item.context_expr, new)

    def streamed(self, statement: ast.With) -> None:
        """``with client.stream(...) as response``: the response is run through, or read, in an async way."""
        names: set[str] = set()
        for item in statement.items:
            function = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
            is_stream = isinstance(function, ast.Attribute) and function.attr == "stream"
            if is_stream and isinstance(item.optional_vars, ast.Name) and self.decisions.converts(function.value):  # type: ignore[union-attr]
                names.add(item.optional_vars.id)
        for node in walk(statement) if names else ():
            method = node.func if isinstance(node, ast.Call) else None
            if not isinstance(method, ast.Attribute) or not isinstance(method.value, ast.Name):
                continue
            if method.value.id not in names or method.attr not in STREAMED:
                continue
            parent = self.kinds.parents.get(node)
            if method.attr == "read":
                self.edits.wrap(node, "(await ", ")")
            elif isinstance(parent, ast.For | ast.comprehension) and parent.iter is node:
                source = self.module.source
                self.edits.insert(source.text.rindex("for", 0, source.start(parent.target)), "async ")
            else:
                self.context.leave(self.module, node, KIND, f"run through it with `async for ... in a{method.attr}()`")
                continue
            end = self.module.source.end(method)
            self.edits.insert(end - len(method.attr), "a")

    def attribute(self, node: ast.Attribute) -> None:
        """An attribute of a converted client."""
        source = self.module.source
        if node.attr in RENAMED:
            self.edits.replace(source.end(node) - len(node.attr), source.end(node), RENAMED[node.attr])
        elif node.attr == WEBSOCKET:
            text = self.application(node.value) or f"{source.segment(node.value)}._transport.app"
            name = self.context.imports(self.module).need("starlette.testclient", "TestClient")
            with_name = self.test_client_name() or name
            self.edits.replace_node(node.value, f"{with_name}({text})")
            self.context.leave(
                self.module, node, KIND, "httpx knows no WebSocket: a TestClient of its own, in a loop of its own"
            )
        elif node.attr == "app":
            text = self.application(node.value) or f"{source.segment(node.value)}._transport.app"
            self.edits.replace_node(node, text)
        elif node.attr in PORTAL:
            self.context.leave(self.module, node, KIND, f"httpx.AsyncClient has no {node.attr}")

    def test_client_name(self) -> str | None:
        """Under which name the module has imported TestClient."""
        for bound, imported in self.module.imports.items():
            if imported.name == "TestClient":
                self.context.imports(self.module).need(imported.module, "TestClient")
                return bound
        return None

    def keywords(self, node: ast.Call) -> None:
        """Arguments that only TestClient's requests know."""
        if not isinstance(node.func, ast.Attribute) or not self.decisions.converts(node.func.value):
            return
        for keyword in node.keywords:
            if keyword.arg == "allow_redirects":
                start = self.module.source.start(keyword)
                self.edits.replace(start, start + len("allow_redirects"), "follow_redirects")

    def class_name(self, node: ast.Name | ast.Attribute) -> None:
        """The class in annotations, ``isinstance`` and the like."""
        if node in self.constructors:
            return
        name = self.kinds.library_name(self.module, node) or ""
        if name.rpartition(".")[2] != "TestClient" or name.partition(".")[0] not in ("fastapi", "starlette"):
            return
        derived = self.kinds.parents.get(node)
        if isinstance(derived, ast.ClassDef) and derived in self.decisions.kept_classes:
            self.context.leave(self.module, node, KIND, self.decisions.kept_classes[derived])
            return
        if self.decisions.kept and self._annotates_kept(node):
            return
        self.edits.replace_node(node, self.context.imports(self.module).need("httpx", "AsyncClient"))

    def _annotates_kept(self, node: ast.AST) -> bool:
        """Whether a function that the node belongs to handles a client that stays a TestClient."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
            current = self.kinds.parents.get(current)
        if current is None:
            return False
        return any(
            isinstance(value, TestClientValue) and value.site in self.decisions.kept
            for inner in walk(current)
            for value in self.kinds.values(inner)
        )

    def application(self, client: ast.expr) -> str | None:
        """Return a text that stands for the application behind a client in this module, or None."""
        return application_of(self.context, self.module, client)
