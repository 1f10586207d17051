"""New functions put into a module, and how one module names another in an import."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.project import Module, Project, Source
from greenshift.shift.project.main_guard import is_main_guard
from greenshift.shift.project.traversal import children
from greenshift.shift.rewrite.context import Context

HOLDING = ast.Expr | ast.Assign | ast.AnnAssign | ast.Return | ast.Assert | ast.With | ast.AsyncWith
"""Statements before which a function for one of their expressions can be defined."""


def statement_begin(source: Source, statement: ast.stmt) -> int:
    """Return the offset where a statement's lines begin, with its decorators and the comments right above it.

    Args:
        source: The file.
        statement: The statement.
    """
    decorators = getattr(statement, "decorator_list", None)
    start = source.line_start(source.start(decorators[0] if decorators else statement))
    if decorators:
        start = source.line_start(source.text.rindex("@", 0, source.start(decorators[0])))
    while start:
        above = source.line_start(start - 1)
        if not source.text[above:start].strip().startswith("#"):
            break
        start = above
    return start


def top_statement(context: Context, node: ast.AST) -> ast.stmt | None:
    """Return the statement of a module's own body in which a node stands."""
    parents = context.kinds.parents
    current: ast.AST | None = node
    while current is not None:
        parent = parents.get(current)
        if isinstance(parent, ast.Module):
            return current if isinstance(current, ast.stmt) else None
        current = parent
    return None


def insert_definition(context: Context, module: Module, before: ast.stmt, text: str) -> None:
    """Put a function's text before a statement of a module's body, two lines apart.

    Args:
        context: The context.
        module: The module.
        before: A statement of its own body.
        text: The function, without line breaks around it.
    """
    source = module.source
    offset = statement_begin(source, before)
    above = source.text[:offset]
    missing = 2 - (len(above) - len(above.rstrip("\n")) - 1) if above.strip() else 0
    if context.edits(module).inserts_at(offset):
        # Another definition has been put there, with the lines that it needs.
        missing = 0
    context.edits(module).insert(offset, "\n" * max(missing, 0) + text + "\n\n\n")


def append_definition(context: Context, module: Module, text: str) -> None:
    """Put a function's text at a module's end, before its ``if __name__ == "__main__":``."""
    for statement in module.source.tree.body:
        if is_main_guard(statement):
            insert_definition(context, module, statement, text)
            return
    whole = module.source.text
    missing = "" if whole.endswith("\n") or not whole else "\n"
    context.edits(module).insert(len(whole), f"{missing}\n\n{text}\n")


def free_name(module: Module, *wanted: str) -> str:
    """Return the first of some names that a module does not use yet.

    Args:
        module: The module.
        wanted: The names, best first; the last one is taken in any case.
    """
    used = {node.id for node in module.source.nodes if isinstance(node, ast.Name)}
    used |= set(module.top) | set(module.imports)
    return next((name for name in wanted if name not in used), wanted[-1])


def import_spelling(project: Project, importer: Module, target: Module) -> str:
    """Return the dotted name under which a module of the application is imported.

    The folder from which imports start is seen from the imports that there are, those of the importer first.

    Args:
        project: The application.
        importer: The module that is to import.
        target: The module to be imported.
    """
    others = sorted(project.modules, key=lambda one: one is not importer)
    for module in others:
        for spelled in _absolute_imports(module):
            found = project.module_named(spelled, module)
            if found is None or not found.name.endswith(spelled):
                continue
            prefix = found.name[: len(found.name) - len(spelled)]
            if target.name.startswith(prefix) and target.name != prefix:
                return target.name[len(prefix) :]
    # Where all imports are relative ones: a folder above all packages is where imports start.
    parts = target.name.split(".")
    packages = [index for index in range(1, len(parts)) if "/".join([*parts[:index], "__init__.py"]) in project.by_file]
    return ".".join(parts[min(packages, default=1) - 1 :])


def _absolute_imports(module: Module) -> Iterator[str]:
    for node in module.source.nodes_of(ast.ImportFrom):
        if node.level == 0 and node.module is not None:
            yield node.module
    for plain in module.source.nodes_of(ast.Import):
        yield from (alias.name for alias in plain.names)


def imported_first(project: Project, module: Module) -> set[Module]:
    """Return the modules that are imported while a module is, directly or through others.

    Args:
        project: The application.
        module: The module.
    """
    found: set[Module] = set()
    stack = [module]
    while stack:
        current = stack.pop()
        at_import = {id(node) for statement in current.source.tree.body for node in _at_import(statement)}
        imports: list[ast.ImportFrom | ast.Import] = [
            *current.source.nodes_of(ast.ImportFrom),
            *current.source.nodes_of(ast.Import),
        ]
        bound = [alias for node in imports if id(node) in at_import for alias in node.names]
        names = {alias.asname or alias.name.partition(".")[0] for alias in bound}
        targets = {f"{one.module}.{one.name}" for name, one in current.imports.items() if name in names and one.name}
        targets |= {one.module for name, one in current.imports.items() if name in names} | set(current.stars)
        for target in targets:
            other = project.module_named(target, current)
            if other is not None and other not in found:
                found.add(other)
                stack.append(other)
    return found


def _at_import(statement: ast.stmt) -> Iterator[ast.AST]:
    """The statements that run when a module is imported: not those of functions, nor those for type checkers alone."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
        return
    yield statement
    for child in children(statement):
        if isinstance(child, ast.stmt | ast.ExceptHandler):
            yield from _at_import(child)  # type: ignore[arg-type]


def hoist(context: Context, module: Module, node: ast.Lambda, name: str) -> bool:
    """Write a lambda as a coroutine function before its statement.

    Args:
        context: The flip's context.
        module: Where it stands.
        node: The lambda.
        name: The function's name.

    Returns:
        Whether there was a place for it: no comprehension's or other lambda's variables around it.
    """
    source, edits = module.source, context.edits(module)
    current: ast.AST | None = context.kinds.parents.get(node)
    while isinstance(current, ast.expr | ast.keyword | ast.withitem):
        if isinstance(current, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return False
        current = context.kinds.parents.get(current)
    if not isinstance(current, HOLDING):
        return False
    begin = source.line_start(source.start(current))
    if source.text[begin : source.start(current)].strip():
        return False
    arguments = source.text[source.start(node) + len("lambda") : source.start(node.body)]
    indentation = source.indentation(current)
    edits.insert(
        begin,
        f"{indentation}async def {name}({arguments.strip().removesuffix(':').strip()}):\n"
        f"{indentation}    return {source.segment(node.body)}\n\n",
    )
    edits.replace_node(node, name)
    return True
