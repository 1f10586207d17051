from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3

import pytest

from greenshift.definitions import from_alembic
from greenshift.errors import ConfigurationError
from greenshift.postgres import TemplateError

INI = """\
[alembic]
script_location = migrations
prepend_sys_path = .
sqlalchemy.url = postgresql://production:secret@db.example.com/live

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = CRITICAL
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic

[formatter_generic]
format = %(message)s
"""

SYNC_ENV = """\
from logging.config import fileConfig
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
fileConfig(config.config_file_name)
print("printed by env.py")

engine = engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

ASYNC_ENV = """\
import asyncio
from logging.config import fileConfig
from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def main():
    engine = async_engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()

asyncio.run(main())
"""

# The application's settings are read from the environment when its module is imported, and win over the option.
SETTINGS_ENV = (
    "from shop_settings import URL\nfrom alembic import context as early\n"
    "early.config.set_main_option('sqlalchemy.url', URL.replace('%', '%%'))\n" + SYNC_ENV
)


def revision(name: str, down: str | None, upgrade: str, **more: str) -> dict[str, str]:
    text = f"""\
import sqlalchemy as sa
from alembic import op
revision = {name!r}
down_revision = {down!r}
branch_labels = None
depends_on = None

def upgrade():
    {upgrade}
"""
    return {f"migrations/versions/{name}_step.py": text}


def environment(env: str = SYNC_ENV) -> dict[str, str]:
    return {
        "alembic.ini": INI,
        "migrations/env.py": env,
        "migrations/script.py.mako": "",
        **revision("0001", None, "op.create_table('a', sa.Column('id', sa.Integer, primary_key=True))"),
        **revision("0002", "0001", "op.execute('INSERT INTO a VALUES (1)')"),
    }


@pytest.mark.parametrize("env", [SYNC_ENV, ASYNC_ENV], ids=["sync", "async"])
def test_migrations_run_with_either_kind_of_env(project, target, rows, sqlite_target, env):
    folder = project(environment(env))
    definition = from_alembic(folder / "alembic.ini")

    definition.build(target)
    definition.build(sqlite_target)

    assert rows("SELECT id FROM a") == [(1,)]
    assert rows("SELECT version_num FROM alembic_version") == [("0002",)]
    with sqlite3.connect(sqlite_target.path) as connection:
        assert connection.execute("SELECT id FROM a").fetchall() == [(1,)]


def test_an_async_env_runs_although_a_loop_is_running_here(project, target, rows):
    folder = project(environment(ASYNC_ENV))

    async def build() -> None:
        from_alembic(folder / "alembic.ini").build(target)

    asyncio.run(build())
    assert rows("SELECT id FROM a") == [(1,)]


def test_the_suites_logging_and_standard_output_stay_as_they_were(project, target, capfd):
    folder = project(environment())
    logger = logging.getLogger("suite.that.logs")
    handlers, level = list(logging.root.handlers), logging.root.level

    from_alembic(folder / "alembic.ini").build(target)

    assert not logger.disabled
    assert (logging.root.handlers, logging.root.level) == (handlers, level)
    assert "printed by env.py" not in capfd.readouterr().out


def test_an_env_that_reads_the_applications_settings_reaches_the_template(project, target, rows, monkeypatch):
    monkeypatch.setenv("SHOP_URL", "postgresql+psycopg://production@db.example.invalid/live")
    files = environment(SETTINGS_ENV) | {"shop_settings.py": "import os\nURL = os.environ['SHOP_URL']\n"}
    folder = project(files)

    from_alembic(folder / "alembic.ini", environment=lambda built: {"SHOP_URL": built.url("psycopg")}).build(target)

    assert rows("SELECT id FROM a") == [(1,)]
    assert os.environ["SHOP_URL"].endswith("/live"), "this process's variable stays"


def test_several_heads_are_all_reached(project, target, rows):
    folder = project(environment() | revision("0003", "0001", "op.execute('CREATE TABLE b (id int)')"))
    from_alembic(folder / "alembic.ini").build(target)
    assert rows("SELECT version_num FROM alembic_version ORDER BY 1") == [("0002",), ("0003",)]


@pytest.mark.parametrize("env", [SYNC_ENV, ASYNC_ENV], ids=["sync", "async"])
def test_a_failing_migration_is_named_with_the_databases_own_error(project, target, env):
    folder = project(environment(env) | revision("0003", "0002", "op.execute('INSERT INTO nowhere VALUES (1)')"))
    with pytest.raises(TemplateError) as caught:
        from_alembic(folder / "alembic.ini").build(target)
    assert caught.value.problem == (
        'migration 0003 (0003_step.py) failed: UndefinedTable: relation "nowhere" does not exist '
        "(migrations/versions/0003_step.py:9)"
    )
    assert "\n" not in caught.value.fix
    assert type(caught.value.__cause__).__name__ == "ProgrammingError"
    assert "0003_step.py" in "".join(caught.value.__cause__.__notes__)


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module' (migrations/env.py:1)"),
        ("raise SystemExit('no settings')\n", "SystemExit: no settings (migrations/env.py:1)"),
        ("import os\nos._exit(9)\n", "its process ended with status 9"),
    ],
)
def test_a_failing_env_is_named(project, target, env, problem):
    folder = project(environment(env))
    with pytest.raises(TemplateError) as caught:
        from_alembic(folder / "alembic.ini").build(target)
    assert problem in caught.value.problem
    assert caught.value.problem.startswith("`alembic upgrade heads` with alembic.ini failed: ")


def test_an_unknown_parent_revision_is_named(project, target):
    folder = project(environment() | revision("0003", "gone", "pass"))
    with pytest.raises(TemplateError, match="gone"):
        from_alembic(folder / "alembic.ini").build(target)


def test_fingerprint_is_the_same_in_another_checkout_and_with_another_password(project, tmp_path):
    folder = project(environment())
    before = from_alembic(folder / "alembic.ini").fingerprint
    other = tmp_path / "elsewhere"
    shutil.copytree(folder, other)
    (other / "alembic.ini").write_text(INI.replace("secret", "different"))
    assert from_alembic(other / "alembic.ini", root=other).fingerprint == before


@pytest.mark.parametrize(
    "changed",
    [
        revision("0002", "0001", "op.execute('INSERT INTO a VALUES (2)')"),
        revision("0003", "0002", "pass"),
        {"migrations/env.py": SYNC_ENV + "# more\n"},
        {"migrations/rows.sql": "INSERT INTO a VALUES (3)"},
        {"alembic.ini": INI.replace("prepend_sys_path", "version_table = v\nprepend_sys_path")},
    ],
    ids=["revision", "new revision", "env", "data", "option"],
)
def test_fingerprint_follows_what_decides_the_schema(project, changed):
    folder = project(environment())
    before = from_alembic(folder / "alembic.ini").fingerprint
    project(changed)
    assert from_alembic(folder / "alembic.ini").fingerprint != before


def test_fingerprint_covers_what_a_revision_imports_and_every_version_location(project):
    ini = INI.replace("prepend_sys_path", "version_locations = %(here)s/migrations/versions extra\nprepend_sys_path")
    files = environment() | {"alembic.ini": ini, "shop_rows.py": "ROWS = 1\n", "extra/.keep": ""}
    folder = project(files | revision("0003", "0002", "import shop_rows"))
    before = from_alembic(folder / "alembic.ini").fingerprint
    project({"shop_rows.py": "ROWS = 2\n"})
    second = from_alembic(folder / "alembic.ini").fingerprint
    project({"extra/0009.py": "revision = '0009'\n"})
    assert len({before, second, from_alembic(folder / "alembic.ini").fingerprint}) == 3


def test_extensions_are_read_from_the_revisions(project):
    folder = project(environment() | revision("0003", "0002", """op.execute('CREATE EXTENSION "uuid-ossp"')"""))
    assert from_alembic(folder / "alembic.ini").extensions == {"uuid-ossp"}


def test_the_configuration_may_lie_elsewhere(project, target, rows):
    files = {f"backend/{name}": text for name, text in environment().items()}
    folder = project(files)
    from_alembic(folder / "backend/alembic.ini", root=folder).build(target)
    assert rows("SELECT id FROM a") == [(1,)]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "alembic = 'alembic.ini': there is no such file"),
        ({"alembic.ini": "[alembic]\n"}, "alembic.ini has no script_location"),
        (
            {"alembic.ini": "[alembic]\nscript_location = nowhere\n"},
            "alembic.ini names the environment 'nowhere', which has no env.py",
        ),
        ({"alembic.ini": "not an ini\n"}, "alembic.ini cannot be read"),
    ],
)
def test_what_is_missing_is_one_line_with_a_fix(project, files, problem):
    folder = project(files)
    with pytest.raises(ConfigurationError) as caught:
        from_alembic(folder / "alembic.ini")
    assert caught.value.problem.startswith(problem)
