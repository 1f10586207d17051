"""``TestClient(app, ...)`` written as ``AsyncClient(transport=ASGITransport(app=app), ...)``."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.project import Class, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.rolled_back import hooks_around_requests

POSITIONS = (
    "app", "base_url", "raise_server_exceptions", "root_path", "backend", "backend_options", "cookies", "headers",
    "follow_redirects", "client",
)  # fmt: skip
TRANSPORT = {"raise_server_exceptions": "raise_app_exceptions", "root_path": "root_path", "client": "client"}
"""Arguments that are the transport's in httpx, and what they are called there."""
DROPPED = {"backend", "backend_options"}
DEFAULTS = {"base_url": '"http://testserver"', "follow_redirects": "True"}
"""What a TestClient does unless told otherwise."""
PEER = '("testclient", 50000)'


@dataclass(frozen=True, slots=True)
class ClientCall:
    """A call of ``TestClient`` to convert.

    Attributes:
        item: The ``with`` item that it is, which runs the application's lifespan.
    """

    context: Context
    module: Module
    node: ast.Call
    item: ast.withitem | None


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    value: ast.expr
    start: int
    keyword: bool


def convert_call(call: ClientCall) -> None:
    """Rewrite one call.

    Args:
        call: The call.
    """
    source, edits, node = call.module.source, call.context.edits(call.module), call.node
    imports = call.context.imports(call.module)
    # A class of the tests' own, derived from the client's, keeps its name.
    is_own = isinstance(call.context.kinds.names.resolve(call.module, node.func), Class)
    client = source.segment(node.func) if is_own else imports.need("httpx", "AsyncClient")
    transport = imports.need("httpx", "ASGITransport")
    arguments = [
        _Argument(name, value, source.start(value), False) for name, value in zip(POSITIONS, node.args, strict=False)
    ]
    arguments += [_Argument(one.arg or "", one.value, source.start(one), True) for one in node.keywords]
    arguments.sort(key=lambda one: one.start)
    application = next(one for one in arguments if one.name == "app")
    given = [f"{TRANSPORT[one.name]}={source.segment(one.value)}" for one in arguments if one.name in TRANSPORT]
    if not any(one.name == "client" for one in arguments) and call.context.kinds.once(_tells_its_peer):
        given.append(f"client={PEER}")
    for one in arguments:
        if one.name == "backend" and not (isinstance(one.value, ast.Constant) and one.value.value == "asyncio"):
            call.context.leave(call.module, node, "test client", "the client ran on another backend than asyncio")
    added = "".join(f", {text}" for text in given)
    rest = [f"{name}={text}" for name, text in DEFAULTS.items() if all(one.name != name for one in arguments)]
    hooks = hooks_around_requests(call.context, call.module, node)
    rest += [hooks] if hooks is not None else []
    named = source.segment(application.value)
    lifespan, wraps_application = "", False
    if call.item is not None:
        if isinstance(application.value, ast.Name) or _is_dotted(application.value):
            lifespan = f"{named}.router.lifespan_context({named}), "
        else:
            wraps_application = application is arguments[0]
            if not wraps_application:
                call.context.leave(call.module, node, "test client", "the lifespan of this application is not run")
    begin, opening = source.start(node), source.start(application.value)
    layout = _layout(call, len(lifespan) + len(added) + sum(len(text) + 2 for text in rest))
    with edits.together():
        if wraps_application:
            name = _free_name(call.module, "app")
            edits.replace(begin, opening, f"({name} := ")
            edits.insert_after(
                application.value,
                f").router.lifespan_context({name}), {client}({layout.opening}transport={transport}(app={name}{added})",
            )
        else:
            if not is_own:
                edits.replace_node(node.func, client)
            if lifespan:
                edits.insert_before(node, lifespan)
            _open(call, layout.opening)
            if application.keyword:
                edits.replace(application.start, opening, f"transport={transport}(app=")
            else:
                edits.insert(opening, f"transport={transport}(app=")
            edits.insert_after(application.value, f"{added})")
        for index, one in enumerate(arguments):
            end = source.end(one.value)
            if one.name in TRANSPORT or one.name in DROPPED:
                if index:
                    edits.replace(source.end(arguments[index - 1].value), end, "")
                else:
                    edits.replace(one.start, arguments[1].start, "")
            elif not one.keyword and one.name != "app":
                edits.insert(one.start, f"{one.name}=")
        _close(call, arguments[-1], rest, layout.closing)


@dataclass(frozen=True, slots=True)
class _Layout:
    opening: str
    closing: str


def _layout(call: ClientCall, more: int) -> _Layout:
    """Break the arguments onto a line of their own where the line would grow too long."""
    source, node = call.module.source, call.node
    if node.lineno != node.end_lineno:
        return _Layout("", "")
    begin = source.line_start(source.start(node))
    line = source.text[begin : source.line_end(begin)].rstrip("\n")
    longest = max((len(one) for one in source.text.split("\n")), default=0)
    if len(line) + more + len("Asynctransport=ASGITransport(app=)") + 6 <= min(max(longest, 88), 120):
        return _Layout("", "")
    indentation = source.indentation(node)
    return _Layout(f"\n{indentation}    ", f"\n{indentation}")


def _open(call: ClientCall, text: str) -> None:
    if text:
        source = call.module.source
        offset = source.text.index("(", source.end(call.node.func)) + 1
        call.context.edits(call.module).insert(offset, text)


def _close(call: ClientCall, last: _Argument, rest: list[str], text: str) -> None:
    """Add the arguments that say what TestClient did by itself, before the closing parenthesis."""
    source, edits = call.module.source, call.context.edits(call.module)
    end = source.end(last.value)
    closing = source.end(call.node) - 1
    behind = re.match(r"(?:\s|#[^\n]*\n)*,", source.text[end:closing])
    if behind is not None:
        comma = behind.end() - 1
        if rest and "\n" in source.text[end + comma + 1 : closing]:
            edits.insert(source.line_end(end), f"{_margin(call, last)}{', '.join(rest)},\n")
        elif rest:
            edits.insert(end + comma + 1, " " + ", ".join(rest))
        return
    if rest:
        edits.insert(end, ", " + ", ".join(rest))
    if text:
        edits.insert(closing, text)


def _margin(call: ClientCall, last: _Argument) -> str:
    source = call.module.source
    begin = source.line_start(last.start)
    line = source.text[begin : source.line_end(begin)]
    return line[: len(line) - len(line.lstrip())]


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _free_name(module: Module, wanted: str) -> str:
    names = {node.id for node in module.source.nodes if isinstance(node, ast.Name)} | set(module.imports)
    while wanted in names:
        wanted = f"{wanted}_"
    return wanted


def _tells_its_peer(kinds: Kinds) -> bool:
    """Whether the application or a test speaks of the address that a TestClient reports."""
    return any(
        '"testclient"' in module.source.text or "'testclient'" in module.source.text for module in kinds.project.modules
    )
