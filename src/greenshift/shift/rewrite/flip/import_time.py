"""Tables that are created while a module is imported: moved into a function that the lifespan calls."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.project import Module
from greenshift.shift.project.main_guard import is_main_guard
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import (
    append_definition,
    free_name,
    import_spelling,
    insert_definition,
)
from greenshift.shift.rewrite.flip.create_all import (
    creation_text,
    engine_text,
    is_alone,
    metadata_calls,
    on_connection,
)
from greenshift.shift.rewrite.flip.import_statements import move_import_statements
from greenshift.shift.rewrite.flip.lifespan import Lifespans
from greenshift.shift.rewrite.flip.reloading import create_again, reloads
from greenshift.shift.rewrite.flip.runner import Runner
from greenshift.shift.rewrite.flip.scope import enclosing


@dataclass
class Creation:
    """Tables created by a module's own statements.

    Attributes:
        module: The module.
        calls: The metadata calls.
        name: The name of the function that makes them.
    """

    module: Module
    calls: list[ast.Call]
    name: str


def fix_import_time(context: Context, runner: Runner) -> None:
    """Move the creation of tables out of imports.

    In the application it becomes a function that the lifespan calls; in tests a fixture of the session; in scripts
    a function that is run in a loop of its own.

    Args:
        context: The flip's context.
        runner: Gives the name of what runs a coroutine.
    """
    lifespans = Lifespans(context)
    moved: list[Creation] = []
    tests_create = any(
        True for module in context.project.modules if module.is_test for _ in metadata_calls(context, module)
    )
    for module in context.project.modules:
        creation = _creation(context, module)
        if creation is None:
            continue
        app = lifespans.app_for(module)
        if module.is_test:
            _write(context, creation, as_fixture=True)
        elif app is None or _under_guard(context, creation.calls[0]):
            _write(context, creation, runner=runner)
        else:
            if any(other.name == creation.name for other in moved):
                creation.name = f"{creation.name}_of_{creation.module.name.rpartition('.')[2].strip('_')}"
            lifespans.start(app, creation.module, creation.name)
            moved.append(creation)
    move_import_statements(context, lifespans, runner)
    lifespans.finish()
    for creation in moved:
        _write(context, creation)
    if moved and not tests_create:
        for creation in moved:
            _tests_create(context, creation)


def _creation(context: Context, module: Module) -> Creation | None:
    calls = [call for call in metadata_calls(context, module) if enclosing(context, call) is None]
    good: list[ast.Call] = []
    for call in calls:
        statement = context.kinds.parents.get(call)
        if (
            not isinstance(statement, ast.Expr)
            or not is_alone(module.source, statement)
            or on_connection(context, call)
        ) or not _is_plain(context, statement):
            context.leave(module, call, "import", "tables are created while the module is imported")
        else:
            good.append(call)
    if not good:
        return None
    if all(call.func.attr == "drop_all" for call in good if isinstance(call.func, ast.Attribute)):
        return Creation(module, good, free_name(module, "drop_tables", "drop_database_tables"))
    return Creation(module, good, free_name(module, "create_tables", "create_database_tables"))


def _is_plain(context: Context, statement: ast.stmt) -> bool:
    """Whether a statement stands in the module's own body, or right under an ``if`` there."""
    parent = context.kinds.parents.get(statement)
    if isinstance(parent, ast.If):
        return statement in parent.body and isinstance(context.kinds.parents.get(parent), ast.Module)
    return isinstance(parent, ast.Module)


def _under_guard(context: Context, call: ast.Call) -> bool:
    return is_main_guard(context.kinds.parents.get(context.kinds.parents[call]))


def _groups(context: Context, creation: Creation) -> list[list[ast.Call]]:
    groups: list[list[ast.Call]] = []
    for call in creation.calls:
        if groups and engine_text(context, creation.module, groups[-1][0]) == engine_text(
            context, creation.module, call
        ):
            groups[-1].append(call)
        else:
            groups.append([call])
    return groups


def _body(context: Context, creation: Creation) -> list[str]:
    lines: list[str] = []
    for group in _groups(context, creation):
        condition = _condition(context, group[0])
        indentation = "    "
        if condition is not None:
            lines.append(f"    if {creation.module.source.segment(condition)}:")
            indentation = "        "
        lines += [indentation + creation_text(context, creation.module, group, indentation)]
    return lines


def _condition(context: Context, call: ast.Call) -> ast.expr | None:
    parent = context.kinds.parents.get(context.kinds.parents[call])
    return parent.test if isinstance(parent, ast.If) and not _under_guard(context, call) else None


def _write(context: Context, creation: Creation, *, as_fixture: bool = False, runner: Runner | None = None) -> None:
    """Put the function where the first call stood, and take the calls away."""
    module = creation.module
    source, edits = module.source, context.edits(module)
    verb = "Drop the tables." if creation.name.startswith("drop") else "Create the tables that do not exist yet."
    lines = [f"async def {creation.name}() -> None:", f'    """{verb}"""', *_body(context, creation)]
    if as_fixture:
        pytest = context.imports(module).need("pytest", "")
        heading = [f'@{pytest}.fixture(scope="session", autouse=True)', f"async def _{creation.name}() -> None:"]
        again = reloads(context, module)
        if again:
            create_again(context, again, creation.name)
            lines += ["", "", *heading, f"    await {creation.name}()"]
        else:
            creation.name = f"_{creation.name}"
            lines[:1] = heading
    statements = [context.kinds.parents[call] for call in creation.calls]
    first = statements[0]
    assert isinstance(first, ast.stmt)
    parent = context.kinds.parents.get(first)
    nested = isinstance(parent, ast.If)
    anchor = parent if isinstance(parent, ast.If) else first
    start = source.start(anchor)
    text = "\n".join(lines)
    run = f"{runner.name(module)}({creation.name}())" if runner is not None else ""
    if isinstance(parent, ast.If) and not run and not parent.orelse and set(parent.body) == set(statements):
        # The condition has moved into the function.
        edits.replace(start, source.end(parent), text + _spaces_after(source.text, source.end(parent)))
        return
    if nested:
        edits.insert(source.line_start(start), f"{_spaces(source.text, start)}{text}\n\n\n")
        for statement in statements:
            edits.replace_node(statement, run or "pass")
            run = ""
        return
    end = source.end(first)
    if run:
        text += f"\n\n\n{run}"
        if not module.is_test:
            context.leave(
                module, first, "import", "tables are still created while the module is imported, in a new loop"
            )
    rest = source.text[end:]
    following = end + len(rest) - len(rest.lstrip("\n"))
    after = "" if run or edits.inserts_at(following) else _spaces_after(source.text, end)
    edits.replace(start, end, _spaces(source.text, start) + text + after)
    for statement in statements[1:]:
        assert isinstance(statement, ast.stmt)
        edits.delete_statement(statement)


def _spaces(text: str, offset: int) -> str:
    """The line breaks that a definition still lacks before it."""
    above = text[:offset]
    line = above.rstrip(" \t")
    if not line.strip() or line.rstrip("\n").rpartition("\n")[2].lstrip().startswith("#"):
        return ""
    return "\n" * max(0, 3 - (len(line) - len(line.rstrip("\n"))))


def _spaces_after(text: str, offset: int) -> str:
    rest = text[offset:]
    if not rest.strip():
        return ""
    breaks = len(rest) - len(rest.lstrip("\n"))
    return "\n" * max(0, 3 - breaks) if breaks else ""


def _tests_create(context: Context, creation: Creation) -> None:
    """Tests that relied on the import to create the tables do it themselves."""
    tests = [module for module in context.project.modules if module.is_test]
    conftests = [module for module in tests if module.file.endswith("conftest.py")]
    homes = sorted(conftests, key=lambda module: module.file.count("/"))[:1] or [
        module for module in tests if module.name.rpartition(".")[2].startswith("test_")
    ]
    for home in homes:
        pytest = context.imports(home).need("pytest", "")
        spelling = import_spelling(context.project, home, creation.module)
        name = context.imports(home).need(spelling, creation.name)
        text = "\n".join(
            [
                f'@{pytest}.fixture(scope="session", autouse=True)',
                "async def _application_tables() -> None:",
                '    """Create the tables, which the application does when it starts."""',
                f"    await {name}()",
            ]
        )
        first = next(
            (
                one
                for one in home.source.tree.body
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ),
            None,
        )
        if first is None:
            append_definition(context, home, text)
        else:
            insert_definition(context, home, first, text)
