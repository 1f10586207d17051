"""What runs when the modules of an application are imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.calls import called, own_nodes, reached
from greenshift.check.usage.connecting import Use, connections, shown, uses
from greenshift.check.usage.usage import Usage

# Files that are run, not imported.
_SCRIPT_FOLDERS: Final = frozenset(
    [
        "alembic",
        "migrations",
        "versions",
        "scripts",
        "script",
        "bin",
        "tools",
        "examples",
        "example",
        "docs",
        "samples",
        "notebooks",
        "benchmarks",
        "tests",
        "test",
        "commands",
        "management",
        "tutorial",
        "docs_src",
    ]
)
_SCRIPT_FILES: Final = frozenset(
    ["manage.py", "env.py", "conftest.py", "__main__.py", "cli.py", "seed.py", "noxfile.py"]
)
_APPLICATIONS: Final = ("FastAPI", "Starlette", "Litestar", "Flask", "Quart", "Sanic", "Celery")
LOOPS: Final = frozenset({"asyncio.run", "anyio.run", "asyncio.runners.run"})


def is_script(file: SourceFile) -> bool:
    """Return whether a file is a program of its own, an example or a test, by its name or its folder.

    Args:
        file: the file.
    """
    path = PurePosixPath(file.path)
    return (
        file.is_test
        or path.name in _SCRIPT_FILES
        or file.path == "setup.py"
        or any(part.lower() in _SCRIPT_FOLDERS for part in path.parts[:-1])
        or file.text.startswith("#!")
    )


def application_files(usage: Usage) -> Iterator[SourceFile]:
    """Yield the files that an application imports: others of it import them, or they make it.

    Args:
        usage: how the program uses its engines.
    """
    for file in usage.names.program.files:
        if not is_script(file) and (makes_application(file) or usage.graph.is_imported(file.path)):
            yield file


def makes_application(file: SourceFile) -> bool:
    """Return whether a file makes a web application or a Celery application.

    Args:
        file: the file.
    """
    return any((file.name(call.func) or "").rpartition(".")[2] in _APPLICATIONS for call in file.nodes(ast.Call))


def connections_at_import(usage: Usage) -> Iterator[Use]:
    """Yield where an application's modules surely connect while they are imported, in functions that they call too.

    Args:
        usage: how the program uses its engines.
    """
    names = usage.names
    for file in application_files(usage):
        for use in connections(names, file, file.tree):
            if not is_conditional(file, use.node):
                yield use
        for call, (home, function) in called(names, file, file.tree):
            if isinstance(function, ast.AsyncFunctionDef) or is_conditional(file, call):
                continue
            for there, inner in reached(names, home, function):
                if isinstance(inner, ast.FunctionDef):
                    for use in connections(names, there, inner):
                        if not is_conditional(there, use.node):
                            yield Use(file, call, use.engine, True, shown(call))


def loops_at_import(usage: Usage) -> Iterator[tuple[SourceFile, ast.Call]]:
    """Yield where an application's modules run a coroutine that uses an engine while they are imported.

    Args:
        usage: how the program uses its engines.
    """
    names = usage.names
    for file in application_files(usage):
        for node in own_nodes(file.tree):
            if not isinstance(node, ast.Call) or file.name(node.func) not in LOOPS or not node.args:
                continue
            first = node.args[0]
            started = names.function(file, first.func if isinstance(first, ast.Call) else first)
            if started is None or is_conditional(file, node):
                continue
            if any(next(uses(names, *definition), None) is not None for definition in reached(names, *started)):
                yield file, node


def is_conditional(file: SourceFile, node: ast.AST) -> bool:
    """Return whether a node runs only under a condition, within its function or module.

    Args:
        file: the file.
        node: the node.
    """
    child, above = node, file.parent(node)
    while above is not None and not isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        if isinstance(above, ast.If | ast.IfExp | ast.While) and child is not above.test:
            return True
        if isinstance(above, ast.ExceptHandler | ast.BoolOp | ast.match_case):
            return True
        child, above = above, file.parent(above)
    return False
