"""Alembic's commands get a sync connection."""

from __future__ import annotations

from infrastructure import flipped

from greenshift.shift.rewrite.flip.alembic_commands import fix_alembic_commands
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting

HEAD = "from alembic import command\nfrom alembic.config import Config\nfrom sqlalchemy import create_engine\n"
BEFORE = """\
def migrate(url):
    connection = create_engine(url).connect()
    config = Config("alembic.ini")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.close()
"""
AFTER = """\
async def migrate(url):
    connection = await create_engine(url).connect()
    config = Config("alembic.ini")
    config.attributes["connection"] = connection.sync_connection
    await connection.run_sync(lambda _: command.upgrade(config, "head"))
    await connection.close()
"""
ALONE = """\
def migrate(url):
    with create_engine(url).begin():
        command.upgrade(Config("alembic.ini"), "head")
"""


def test_a_connection_that_is_handed_in() -> None:
    assert flipped(HEAD + BEFORE, fix_awaiting, fix_alembic_commands) == HEAD + AFTER


def test_a_command_with_a_connection_of_its_own_stays() -> None:
    assert flipped(HEAD + ALONE, fix_awaiting, fix_alembic_commands).endswith(ALONE[ALONE.index("        command") :])
