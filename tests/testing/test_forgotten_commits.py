"""A failed test is told of a forgotten commit; where all share one transaction, there is none to forget."""

from __future__ import annotations

import pytest
from testing.conftest import Project

_PROGRAM = """
    from sqlalchemy import func, select
    from shop.models import Customer

    COUNT = select(func.count()).select_from(Customer)

    async def test_a_customer_is_seen(db_session, async_db_session):
        db_session.add(Customer(name="Ada"))
        db_session.flush()
        assert await async_db_session.scalar(COUNT) == 7
"""


def test_a_forgotten_commit_is_named(project: Project) -> None:
    result = project.check(_PROGRAM, failed=1)
    result.stdout.fnmatch_lines(
        ["*greenshift explains*", "commit forgotten:*", "*written here*", "*read here*", "*fix:*session.commit()*"]
    )


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_shared_transaction_sees_what_is_not_committed(project: Project, driver: str) -> None:
    project.configure('isolation = "rollback"')
    result = project.check(_PROGRAM, f"--db-driver={driver}", failed=1)
    result.stdout.fnmatch_lines(["*assert 1 == 7*"])
    result.stdout.no_fnmatch_line("*commit forgotten*")
