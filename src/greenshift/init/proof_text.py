"""The test that proves what was found: the tables, a committed row, and an answer."""

from __future__ import annotations

from greenshift.init.findings import Findings

_HEAD = '''"""What `greenshift init` found, proved: the tables, the application's own engine, its answer."""

{imports}


def test_the_tables_are_there(db_engine):
    assert inspect(db_engine).get_table_names()
'''

_SYNC = """

def test_the_application_commits_to_the_test_database(db_engine):
    with {engine}.begin() as connection:
        connection.execute(text("CREATE TABLE greenshift_proof (id integer)"))
        connection.execute(text("INSERT INTO greenshift_proof VALUES (1)"))

    with db_engine.connect() as connection:
        assert connection.scalar(text("SELECT id FROM greenshift_proof")) == 1
"""

_ASYNC = """

def test_the_application_commits_to_the_test_database(db_engine):
    async def commit():
        async with {engine}.begin() as connection:
            await connection.execute(text("CREATE TABLE greenshift_proof (id integer)"))
            await connection.execute(text("INSERT INTO greenshift_proof VALUES (1)"))

    asyncio.run(commit())

    with db_engine.connect() as connection:
        assert connection.scalar(text("SELECT id FROM greenshift_proof")) == 1
"""

_ASGI = """

@pytest.mark.{mark}
@pytest.mark.db(no_queries_ok=True)
async def test_the_application_answers(async_client):
    answer = await async_client.get("/")
    assert answer.status_code < 500
"""

_BACKEND = """

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

_WSGI = """

@pytest.mark.db(no_queries_ok=True)
def test_the_application_answers():
    assert {application}.test_client().get("/").status_code < 500
"""


def proof_text(found: Findings) -> str:
    """Return the test's source.

    Args:
        found: what was found.
    """
    imports = ["import pytest"]
    names, tail = ["inspect"], ""
    is_sqlite = found.table.get("driver") == "sqlite"
    if found.engine and "env" in found.table and not is_sqlite:
        names.append("text")
        tail += (_ASYNC if found.engine_is_async else _SYNC).format(engine=_imported(found.engine, imports, "engine"))
        if found.engine_is_async:
            imports.insert(0, "import asyncio\n")
    if found.application and not found.is_wsgi:
        if found.asynchronous != "asyncio":
            tail += _BACKEND
        tail += _ASGI.format(mark="asyncio" if found.asynchronous == "asyncio" else "anyio")
    elif found.application:
        name = _imported(found.application, imports, "application")
        tail += _WSGI.format(application=f"{name}()" if "create" in name or "make" in name else name)
    if "pytest." not in tail:
        imports.remove("import pytest")
    first, rest = (
        [one for one in imports if one.startswith("import")],
        [one for one in imports if one.startswith("from")],
    )
    lines = "\n".join([*first, f"from sqlalchemy import {', '.join(names)}"])
    if rest:
        lines += "\n\n" + "\n".join(sorted(rest))
    return _HEAD.format(imports=lines) + tail


def _imported(path: str, imports: list[str], alias: str) -> str:
    module, _, name = path.partition(":")
    if name.startswith("test") or name == "text":
        imports.append(f"from {module} import {name} as {alias}")
        return alias
    imports.append(f"from {module} import {name}")
    return name
