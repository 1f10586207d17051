"""The places in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from greenshift.masking import mask
from greenshift.shift.colour import Colours
from greenshift.shift.colour.entries import is_entry
from greenshift.shift.colour.reach import in_reach, without_async_form
from greenshift.shift.kinds.fixtures import is_test_function
from greenshift.shift.kinds.touches import Touch, touches
from greenshift.shift.kinds.values import Engine, Instance, Session, SessionFactory, TestClientValue
from greenshift.shift.project import Function, Module
from greenshift.shift.project.desktop import desktop_modules
from greenshift.shift.rewrite.context import Context
from greenshift.shift.scan.phases import BRIDGED, ROUTE_METHODS

if TYPE_CHECKING:
    from greenshift.shift.scan.inventory import Item

BLOCKING = {
    "time.sleep", "requests.get", "requests.post", "requests.put", "requests.patch", "requests.delete",
    "requests.request", "bcrypt.hashpw", "bcrypt.checkpw", "subprocess.run", "subprocess.check_output",
    "urllib.request.urlopen", "smtplib.SMTP", "smtplib.SMTP_SSL",
}  # fmt: skip
ACTIONS = {
    "query": "becomes select(), awaited",
    "metadata": "runs on an async connection by run_sync",
    "bulk": BRIDGED,
    "client": "becomes httpx.AsyncClient, awaited",
    "factory": BRIDGED,
}


def code_items(context: Context, colours: Colours) -> Iterator[Item]:
    """Yield the items of every module.

    Args:
        context: The project and its kinds.
        colours: Which functions would become async.
    """
    for module in context.project.modules:
        if module in desktop_modules(context.project):
            if any(True for _ in touches(context.kinds, module)) or _makes_engine(context, module):
                action = "stays sync, and works"
                yield _item("infrastructure", module, module.source.tree, "desktop program", module.name, action)
            continue
        if not in_reach(context.project, module):
            found = list(touches(context.kinds, module))
            if found or "alembic" in {one.module.partition(".")[0] for one in module.imports.values()}:
                yield _item("alembic", module, module.source.tree, "Alembic", module.name, "stays sync and working")
            continue
        yield from _definitions(context, module)
        yield from _functions(context, colours, module)
        for touch in touches(context.kinds, module):
            yield _touch(context, colours, module, touch)
        yield from _reads(context, module)


def _makes_engine(context: Context, module: Module) -> bool:
    return any(context.kinds.is_a(call, Engine, SessionFactory) for call in context.kinds.calls(module))


def _item(phase: str, module: Module, node: ast.AST, kind: str, text: str, action: str) -> Item:
    from greenshift.shift.scan.inventory import Item

    return Item(phase, module.source.place(node), kind, text, action)


def _line(module: Module, node: ast.AST) -> str:
    # Masked before it is cut: half a literal would not be recognised.
    return mask(module.source.segment(node).partition("\n")[0].strip())[:120]


def _definitions(context: Context, module: Module) -> Iterator[Item]:
    phase = "tests" if module.is_test else "infrastructure"
    for made, library in without_async_form(context.kinds, module):
        yield _item(phase, module, made, "out of reach", library, "stays sync, and works")
    for call in context.kinds.calls(module):
        if not isinstance(call.func, ast.Name | ast.Attribute):
            continue
        name = context.kinds.library_name(module, call.func)
        if name is None:
            continue
        values = context.kinds.values(call)
        if any(isinstance(value, Engine) and not value.is_async for value in values):
            yield _item(phase, module, call, "engine", _line(module, call), "becomes create_async_engine")
        elif any(isinstance(value, SessionFactory) and not value.is_async for value in values):
            yield _item(phase, module, call, "session factory", _line(module, call), "becomes async_sessionmaker")
        elif any(isinstance(value, TestClientValue) and not value.is_async for value in values):
            yield _item("tests", module, call, "test client", _line(module, call), "becomes httpx.AsyncClient")
        elif name in BLOCKING:
            yield _item("performance", module, call, "blocking", _line(module, call), "left in place, listed")
    for node in module.source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not module.is_test:
            scheme = node.value.partition("://")[0]
            known = scheme.partition("+")[0] in ("postgresql", "postgres", "sqlite", "mysql", "mariadb")
            if known and "://" in node.value and hasattr(node, "lineno") and "\n" not in node.value:
                yield _item("infrastructure", module, node, "URL", f"{scheme}://...", "gets an async driver")


def _functions(context: Context, colours: Colours, module: Module) -> Iterator[Item]:
    kinds = context.kinds
    for function in module.functions:
        if function.is_lambda:
            continue
        traits = kinds.fixtures.traits(function)
        gives = kinds.given(function) if function in kinds.generators else frozenset()
        if any(isinstance(value, Session) and not value.is_async for value in gives) and not function.is_async:
            kind = "fixture" if "fixture" in traits else "session dependency"
            phase = "tests" if module.is_test else "infrastructure"
            yield _item(phase, module, function.node, kind, function.name, "becomes an async generator")
            continue
        newly = function in colours.asynchronous and not function.is_async
        if "fixture" in traits and newly:
            yield _item("tests", module, function.node, "fixture", function.name, "becomes async def")
        elif is_test_function(function) and newly:
            yield _item("tests", module, function.node, "test", function.name, "becomes async def")
        elif module.is_test:
            continue
        elif function in colours.entries or (newly and is_entry(kinds, function)):
            yield _item("routers", module, function.node, "task or command", function.name, "runs in asyncio.run")
        elif _is_route(function) and newly:
            yield _item("routers", module, function.node, "route", function.name, "becomes async def")
        elif newly:
            yield _item("services", module, function.node, "service", function.name, "becomes async def")
        elif function in colours.bridged:
            yield _item("services", module, function.node, "service", function.name, f"stays sync, {BRIDGED}")


def _is_route(function: Function) -> bool:
    for decorator in function.decorators:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(node, ast.Attribute) and node.attr in ROUTE_METHODS:
            return True
    return False


def _touch(context: Context, colours: Colours, module: Module, touch: Touch) -> Item:
    unit = context.kinds.unit(touch.node)
    phase = "services"
    if module.is_test:
        phase = "tests"
    elif isinstance(unit, Function) and _is_route(unit):
        phase = "routers"
    elif isinstance(unit, Module):
        phase = "infrastructure"
    if unit in colours.bridged:
        action = BRIDGED
    else:
        action = ACTIONS.get(touch.what, "async with" if touch.form == "async with" else "awaited")
    return _item(phase, module, touch.node, touch.what, _line(module, touch.node), action)


def _reads(context: Context, module: Module) -> Iterator[Item]:
    classes = context.kinds.classes
    for node in module.source.nodes:
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        for value in context.kinds.values(node.value):
            if isinstance(value, Instance) and classes.is_model(value.cls):
                relationship = classes.relationships(value.cls).get(node.attr)
                if relationship is not None and relationship.lazy in (None, "select", "dynamic", True):
                    text = f"{value.cls.name}.{node.attr}"
                    yield _item(
                        "eager loading",
                        module,
                        node,
                        "lazy relationship",
                        text,
                        "loaded with its owner",
                    )
                    break
