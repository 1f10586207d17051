"""Looks at a project: everything that is found, and what is not sure."""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath
from typing import Final

from greenshift.init.applications import find_applications
from greenshift.init.database import Database, find_database
from greenshift.init.errors import InitError
from greenshift.init.findings import Findings
from greenshift.init.layout import Layout, find_layout
from greenshift.init.models import find_metadata
from greenshift.init.required_variables import find_required
from greenshift.init.source_tree import SourceTree
from greenshift.shift.facts import url_variables

_TABLE: Final = "pyproject.toml, [tool.greenshift]"
_EXTENSION: Final = re.compile(r"create\s+extension\s+(?:if\s+not\s+exists\s+)?\\?[\"']?([a-z][\w-]*)", re.IGNORECASE)


def look(tree: SourceTree) -> tuple[Findings, Layout]:
    """Look at a project.

    Args:
        tree: its files.

    Returns:
        What was found, and how it is tested.

    Raises:
        InitError: there is nothing to test, or there are several programs.
    """
    if not tree.sources:
        raise InitError(f"there is no Python file in {tree.root}", "give the project's folder: greenshift init FOLDER")
    _refuse_several(tree)
    found = Findings()
    layout = find_layout(tree)
    found.test_folder, found.asynchronous = layout.folder, layout.asynchronous
    _look_at_tables(tree, layout, found)
    _look_at_application(tree, found)
    database = find_database(tree)
    _look_at_database(tree, database, found)
    _look_at_tests(layout, found)
    carried = found.table.get("env")
    required = find_required(tree, dict.fromkeys(carried) if isinstance(carried, list | dict) else {})
    found.required = {name: value for name, (value, _) in required.items()}
    for name, (value, place) in required.items():
        found.add("needed", f"{name} has no default: the tests set it to {value!r}, in conftest.py", place)
    return found, layout


def _refuse_several(tree: SourceTree) -> None:
    """Refuse a folder that holds several programs and is none itself."""
    markers = {"pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements.txt"}
    listed = [path for path in tree.texts if PurePosixPath(path).name in markers]
    if any("/" not in path for path in listed) or any((tree.root / one).is_file() for one in markers):
        return
    homes = sorted({str(PurePosixPath(path).parent) for path in listed})
    homes = [one for one in homes if any(f.path.startswith(f"{one}/") for f in tree.sources)]
    outer = [one for one in homes if not any(one.startswith(f"{other}/") for other in homes)]
    if outer:
        said = "the project lies below" if len(outer) == 1 else f"there are {len(outer)} projects below"
        raise InitError(
            f"{said} {tree.root.name}: {', '.join(outer[:6])}", f"name the one you mean: greenshift init {outer[0]}"
        )


def _look_at_tables(tree: SourceTree, layout: Layout, found: Findings) -> None:
    metadata = find_metadata(tree)
    # Below a folder of templates (cookiecutter) lies no configuration of this project.
    alembic = sorted(
        (path.relative_to(tree.root).as_posix() for path in tree.root.glob("**/alembic.ini") if _is_source(path)),
        key=lambda one: one.count("/"),
    )
    if metadata is None:
        if alembic:
            found.table["alembic"] = alembic[0]
            found.add("tables", f'made by the migrations: alembic = "{alembic[0]}"', alembic[0])
        else:
            found.ask(
                "no declarative base and no table was found",
                f'{_TABLE}: metadata = "module:Base" (or alembic, or sql = ["schema.sql"])',
            )
        return
    paths, group = metadata.paths, metadata.group
    if not paths:
        found.ask(
            f"no module holds {group.key} together with its {group.count} tables",
            f'{_TABLE}: metadata = "module:Base", of a module that imports all models',
        )
        return
    found.metadata = paths[0]
    where = f"{group.count} tables in {len(group.tables)} modules" if len(group.tables) > 1 else f"{group.count} tables"
    found.add("metadata", f"{', '.join(paths)} ({where})", group.place or metadata.declared)
    if alembic and layout.migrates:
        found.table["alembic"] = alembic[0]
        found.add("tables", f"made by the migrations ({alembic[0]}), as the tests make them", layout.migrates)
    else:
        found.table["metadata"] = paths[0] if len(paths) == 1 else list(paths)
        if alembic:
            found.add("migrations", f'{alembic[0]}; alembic = "{alembic[0]}" instead of metadata would run them', "")
    others = [one for one in metadata.others if one.count]
    if others and not metadata.declared:
        named = ", ".join(f"{one.key} ({one.count} tables)" for one in others[:3])
        found.ask(f"there is other metadata, too: {named}", f"{_TABLE}: metadata = [...], a list of both")


def _is_source(path: Path) -> bool:
    return not any(
        part in ("node_modules", "site-packages", ".venv", "venv", ".tox") or "{" in part for part in path.parts
    )


def _look_at_application(tree: SourceTree, found: Findings) -> None:
    applications, with_arguments = find_applications(tree)
    if not applications:
        for name, place in with_arguments[:1]:
            found.ask(
                f"{name} makes the application and takes arguments ({place}); no module holds an application",
                f'{_TABLE}: app = "module:name", of a module with app = {name.rpartition(":")[2]}(...)',
            )
        return
    first = applications[0]
    found.application, found.is_wsgi = first.path, first.is_wsgi
    kind = "WSGI" if first.is_wsgi else "ASGI"
    kind = f"{kind}, made by a function" if first.is_factory else kind
    found.add("application", f"{first.path} ({kind})", first.place)
    if first.is_wsgi:
        found.add("client", "async_client is for ASGI: the application's own test client is right here", "")
        return
    found.table["app"] = first.path
    rivals = [one for one in applications[1:] if one.score[:3] == first.score[:3] and not one.is_wsgi]
    if rivals:
        named = ", ".join(f"{one.path} ({one.place})" for one in rivals[:3])
        found.ask(f"there is another application: {named}", f'{_TABLE}: app = "{rivals[0].path}"')


def _look_at_database(tree: SourceTree, database: Database, found: Findings) -> None:
    variables = dict(database.variables)
    templates = {form for form in variables.values() if form is not None and "{" in form}
    if (
        templates
        and not any("{database}" in form for form in templates)
        and not any("{" not in (form or "") for form in variables.values())
    ):
        found.ask(
            f"only {', '.join(variables)} can be set: the database's name is in the code",
            f"{next(iter(database.places.values()), 'the engine')}: read the URL from a variable, DATABASE_URL",
        )
        variables, database.listen = {}, None
    if not variables:
        source = {file.path: file.text for file in tree.sources}
        for name in url_variables(source):
            variables[name] = None
            found.ask(
                f"how {name} comes to an engine is not seen; its name says that it is the database's URL",
                f'{_TABLE}: env = ["{name}"]',
            )
    if not variables and database.engines:
        engine = database.engines[0]
        found.ask(
            f"the engine's URL comes from no variable that could be told ({engine.place.file}:{engine.place.line}):"
            " the application would not use the test's database",
            f'{engine.place.file}:{engine.place.line}: take the URL from os.environ["DATABASE_URL"];'
            ' then env = ["DATABASE_URL"]',
        )
    if not variables and not database.engines:
        found.ask(
            "no engine was found: which variable carries the database's URL?", f'{_TABLE}: env = ["DATABASE_URL"]'
        )
    for engine in database.engines[:3]:
        found.add(
            "engine",
            f"{engine.name}, {'asyncio' if engine.is_async else 'sync'}",
            f"{engine.place.file}:{engine.place.line}",
        )
    _note_engine(tree, database, found)
    for factory in database.factories[:3]:
        found.add("sessions", factory.name, f"{factory.place.file}:{factory.place.line}")
    for name, place in _session_dependencies(tree, database):
        found.add("dependency", name, place)
    for name, form in variables.items():
        said = f"{name} as {form}" if form and "{" in form else f"{name}, for {form}" if form else name
        found.add("variable", said, database.places.get(name, ""))
    if variables:
        plain = all(form is None for form in variables.values())
        found.table["env"] = (
            list(variables) if plain else {name: form or database.driver for name, form in variables.items()}
        )
    found.table["driver"] = database.driver
    if database.listen and variables:
        found.table["listen"] = database.listen
        found.add("server", "on 127.0.0.1, since the application's URL has a host and a port", "")
    if database.is_sqlite:
        found.ask(
            "the application runs on SQLite and names PostgreSQL nowhere: the tests run on SQLite, too",
            f'{_TABLE}: driver = "psycopg" or "asyncpg", once it runs on PostgreSQL',
        )
    extensions = sorted({name.lower() for file in tree.sources for name in _EXTENSION.findall(file.text)})
    if extensions and "alembic" not in found.table:
        found.table["extensions"] = extensions
        found.add("extensions", ", ".join(extensions), "")


def _note_engine(tree: SourceTree, database: Database, found: Findings) -> None:
    """Note the first engine that a module holds under a name: the proof uses it."""
    for engine in database.engines:
        file = tree.by_path.get(engine.place.file)
        if file is not None and engine.name in tree.bound(file) and engine.scope.value == "module":
            value = [one for one in file.nodes(ast.Call) if one.lineno == engine.place.line]
            if value and engine.made_by in (
                "create_engine",
                "create_async_engine",
                "engine_from_config",
                "async_engine_from_config",
            ):
                found.engine, found.engine_is_async = f"{file.module}:{engine.name}", engine.is_async
                return


def _session_dependencies(tree: SourceTree, database: Database) -> list[tuple[str, str]]:
    """The generator functions that yield a session: dependencies, in most applications."""
    makers = {one.name for one in database.factories} | {"Session", "AsyncSession"}
    found = []
    for file in tree.sources:
        for node in file.tree.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            yields = any(isinstance(one, ast.Yield) for one in ast.walk(node))
            calls = {
                one.func.id for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
            }
            if yields and calls & makers:
                found.append((f"{file.module}:{node.name}", f"{file.path}:{node.lineno}"))
    return found[:3]


def _look_at_tests(layout: Layout, found: Findings) -> None:
    where = "the project's folder" if layout.folder == "." else f"{layout.folder}/"
    words = [where if layout.has_tests else f"none yet; they go to {where}"]
    if layout.settings:
        words.append(f"settings in {layout.settings}")
    if layout.asynchronous:
        mode = layout.values.get("asyncio_mode")
        words.append(f"pytest-asyncio, {mode or 'strict'} mode" if layout.asynchronous == "asyncio" else "anyio")
    found.add("tests", ", ".join(words))
    for name in layout.uses:
        said = "by hand, in conftest.py" if name == "conftest" else f"by {name}"
        found.add("until now", f"the tests' database is made {said}; `greenshift init --from {name}` rewrites that")
    for name, place in layout.shadowing:
        found.add("own fixture", f"{name}, which wins over Greenshift's", place)
