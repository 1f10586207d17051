"""Which functions are entered from outside any event loop: commands, task queues, threads, scripts, imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.colour.imported import moved_statement
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import Connection, External, ExternalInstance, FunctionValue, Session
from greenshift.shift.project import Function, Module
from greenshift.shift.project.alembic import is_alembic
from greenshift.shift.project.main_guard import is_main_guard

COMMANDS = {
    "celery": {"task", "shared_task", "periodic_task", "connect"},
    "rq": {"job"},
    "dramatiq": {"actor"},
    "huey": {"task", "periodic_task"},
    "typer": {"command", "callback"},
    "click": {"command", "group", "callback", "result_callback"},
    "rich_click": {"command", "group"},
    "invoke": {"task"},
    "flask": {
        "route", "get", "post", "put", "patch", "delete", "before_request", "after_request", "teardown_request",
        "teardown_appcontext", "errorhandler", "command", "before_first_request", "context_processor", "user_loader",
    },
    "flask_login": {"user_loader", "request_loader"},
    "atexit": {"register"},
    "schedule": {"repeat"},
    "apscheduler": {"scheduled_job"},
}  # fmt: skip
"""By library: the decorators whose functions it calls without an event loop."""

TARGETS = {"threading.Thread", "threading.Timer", "multiprocessing.Process", "multiprocessing.Pool"}
PASSING_METHODS = {"submit", "enqueue", "enqueue_in", "enqueue_at", "enqueue_call", "add_job", "do", "apply_async"}
POOLS = {
    f"{module}.{name}"
    for module, names in {
        "concurrent.futures": ("ThreadPoolExecutor", "ProcessPoolExecutor", "Executor"),
        "concurrent.futures.thread": ("ThreadPoolExecutor",),
        "concurrent.futures.process": ("ProcessPoolExecutor",),
        "multiprocessing": ("Pool",),
        "multiprocessing.pool": ("Pool", "ThreadPool"),
    }.items()
    for name in names
}
POOL_METHODS = {"map", "map_async", "imap", "imap_unordered", "starmap", "starmap_async", "apply"}
CACHES = {"functools.cache", "functools.lru_cache"}
RUNNERS = {"atexit.register", "signal.signal", "_thread.start_new_thread"}


def is_entry(kinds: Kinds, function: Function) -> bool:
    """Whether something outside of any event loop calls a sync function, so that it must stay sync for its callers.

    Args:
        kinds: The analysis.
        function: The function.
    """
    if function.is_async or function.is_lambda:
        return False
    if is_alembic(function.module):
        # Migrations run without a loop: what they call of the application needs one.
        return True
    position = _command_position(kinds, function)
    if position is not None:
        # A wrapper of the application's in between is what the library calls.
        return not any(kinds.references.get(_called(node)) for node in function.decorators[position + 1 :])
    if _wraps_commands(kinds, function):
        return True
    if any(_is_target(kinds, node) for node in _mentions(kinds, function)):
        return True
    return is_main(kinds, function) or is_imported(kinds, function) or is_cached(kinds, function)


def is_imported(kinds: Kinds, function: Function) -> bool:
    """Whether a module's own body calls a function while it is imported: ``app = create_app()``.

    Args:
        kinds: The analysis.
        function: The function.
    """
    if function in kinds.generators or function.is_async or function.is_lambda:
        return False
    return any(_called_by_import(kinds, node) for node in _mentions(kinds, function))


def is_cached(kinds: Kinds, function: Function) -> bool:
    """Whether a cache calls a function once, and gives out what it returned: a coroutine could be awaited only once.

    A function that is given a session or a connection is none: what these hold belongs to the loop of the caller.

    Args:
        kinds: The analysis.
        function: The function.
    """
    if function.owner is not None or function in kinds.generators or function.is_async or function.is_lambda:
        return False
    names = {kinds.library_name(function.module, _called(node)) for node in function.decorators}
    if not names & CACHES:
        return False
    given = (value for parameter in function.parameters for value in kinds.parameter(function, parameter.name))
    return not any(isinstance(value, Session | Connection) for value in given)


def _called_by_import(kinds: Kinds, node: ast.AST) -> bool:
    call = kinds.parents.get(node)
    if not isinstance(call, ast.Call) or call.func is not node or not isinstance(kinds.unit(call), Module):
        return False
    if moved_statement(kinds, call) is not None:
        return False
    current: ast.AST | None = call
    while current is not None:
        parent = kinds.parents.get(current)
        if current in getattr(parent, "decorator_list", ()):
            # A decorator's call gives what decorates.
            return False
        if is_main_guard(parent):
            return False
        current = parent
    return True


def is_main(kinds: Kinds, function: Function) -> bool:
    """Whether a function is a script's ``main``: nothing but a ``__main__`` block or a console script calls it.

    Args:
        kinds: The analysis.
        function: The function.
    """
    if function.name != "main" or function.owner is not None or function.parent is not None:
        return False
    if function.module.is_test or function in kinds.generators:
        return False
    return all(isinstance(kinds.unit(node), Module) for node in _mentions(kinds, function))


def _command_position(kinds: Kinds, function: Function) -> int | None:
    """The index of the decorator whose library calls the function."""
    for index, node in enumerate(function.decorators):
        if _is_command(kinds, function.module, node):
            return index
    return None


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _wraps_commands(kinds: Kinds, function: Function) -> bool:
    """Whether a function is the wrapper that a decorator of the application's puts around commands alone."""
    if function.parent is None:
        return False
    parent: Function | None = function.parent
    while parent is not None:
        decorated = [owner for node in _mentions(kinds, parent) if (owner := _decorated(kinds, node)) is not None]
        if decorated:
            return all(_command_position(kinds, one) is not None for one in decorated)
        parent = parent.parent
    return False


def _decorated(kinds: Kinds, node: ast.AST) -> Function | None:
    """The function that a mentioned function decorates."""
    parent = kinds.parents.get(node)
    if isinstance(parent, ast.Call) and parent.func is node:
        node, parent = parent, kinds.parents.get(parent)
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and node in parent.decorator_list:
        found = kinds.module_by_node[parent].by_node.get(parent)
        return found if isinstance(found, Function) else None
    return None


def _is_command(kinds: Kinds, module: Module, node: ast.expr) -> bool:
    decorator = node.func if isinstance(node, ast.Call) else node
    for name in _library_names(kinds, module, decorator):
        root, last = name.partition(".")[0], name.rpartition(".")[2]
        if last in COMMANDS.get(root, ()):
            return "AsyncIOScheduler" not in name
    # A command of a group that is itself a decorated function: @cli.command() below @click.group() def cli().
    if isinstance(decorator, ast.Attribute) and decorator.attr in ("command", "group"):
        for function in kinds.references.get(decorator.value, ()):
            if any(_is_command(kinds, function.module, one) for one in function.decorators):
                return True
    return False


def _library_names(kinds: Kinds, module: Module, node: ast.expr) -> Iterator[str]:
    for value in kinds.values(node):
        if isinstance(value, External | ExternalInstance):
            yield value.name.replace("()", "")
    name = kinds.library_name(module, node)
    if name is not None:
        yield name


def _mentions(kinds: Kinds, function: Function) -> list[ast.AST]:
    """Where a function stands as a value: called, or passed on."""
    return kinds.mentions.get(function, [])


def _is_target(kinds: Kinds, node: ast.AST) -> bool:
    """Whether a function's name is handed over to a thread, a process, an executor, a queue or a scheduler."""
    parent = kinds.parents.get(node)
    is_keyword = isinstance(parent, ast.keyword)
    keyword = parent.arg if isinstance(parent, ast.keyword) else None
    if is_keyword and parent is not None:
        parent = kinds.parents.get(parent)
    if not isinstance(parent, ast.Call) or parent.func is node:
        return False
    module = kinds.module_by_node[parent]
    names = set(_library_names(kinds, module, parent.func))
    if names & TARGETS:
        return keyword in ("target", "function") or not is_keyword
    if names & RUNNERS:
        return True
    if not isinstance(parent.func, ast.Attribute):
        return False
    if parent.func.attr in POOL_METHODS and parent.args[:1] == [node]:
        return any(name in POOLS for name in _library_names(kinds, module, parent.func.value))
    if parent.func.attr not in PASSING_METHODS:
        return False
    if keyword not in (None, "func", "f", "fn") or (keyword is None and parent.args[:1] != [node]):
        return False
    if any(isinstance(value, FunctionValue) for value in kinds.values(parent.func)):
        return False
    # An AsyncIOScheduler takes coroutine functions.
    receivers = set(_library_names(kinds, module, parent.func.value))
    return not any("AsyncIOScheduler" in name for name in receivers)
