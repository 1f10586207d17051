"""The guards under pytest: an N+1 and a blocking call in the event loop."""

from __future__ import annotations

import pytest
from testing.conftest import Project

SERVICES = """
import time
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from shop.models import Customer, Order


def buyers(session):
    return [order.customer.name for order in session.scalars(select(Order).order_by(Order.id))]


async def report():
    time.sleep(0.001)


async def count(session):
    return session.query(Customer).count()


def eager(session):
    return session.scalars(select(Order).options(selectinload(Order.customer))).one()
"""

LOOP = """
    import pytest
    from shop.models import Customer, Order
    from shop.services import buyers

    @pytest.fixture
    def orders(db_session):
        for name in ("Ada", "Bob", "Cy"):
            db_session.add(Order(item="lamp", customer=Customer(name=name)))
        db_session.commit()

    {marker}
    def test_buyers(orders, db_session_factory):
        with db_session_factory() as session:
            assert buyers(session) == ["Ada", "Bob", "Cy"]
"""

BLOCKING = """
    import pytest
    from shop.services import report

    {marker}
    async def test_report(db):
        await report()
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("shop/services.py", SERVICES)
    return project


def test_an_n_plus_one_fails_its_test_with_both_lines_and_the_option(shop: Project) -> None:
    shop.configure('n_plus_one = "error"')
    result = shop.check(LOOP.format(marker=""), passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*N+1 lazy loads: *Order.customer*", "*shop/services.py:9*", "*fix:*load(Order.customer)*"]
    )


def test_an_n_plus_one_is_warned_of(shop: Project) -> None:
    shop.configure('n_plus_one = "warn"')
    result = shop.check(LOOP.format(marker=""), passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*GuardWarning: N+1 lazy loads: *Order.customer*"])


@pytest.mark.parametrize(
    ("extra", "marker"),
    [
        ("", ""),
        ('n_plus_one = "error"', '@pytest.mark.db(n_plus_one="off")'),
        ('n_plus_one = "error"\nn_plus_one_ignore = ["shop/services.py"]', ""),
    ],
)
def test_an_n_plus_one_is_let_pass(shop: Project, extra: str, marker: str) -> None:
    shop.configure(extra)
    shop.check(LOOP.format(marker=marker), passed=1, warnings=0)


def test_an_n_plus_one_is_let_pass_by_a_comment_on_its_line(shop: Project) -> None:
    shop.write("shop/services.py", SERVICES.replace("Order.id))]", "Order.id))]  # greenshift: ignore[n+1]"))
    shop.configure('n_plus_one = "error"')
    shop.check(LOOP.format(marker=""), passed=1)


def test_the_marker_turns_a_guard_on_for_one_test(shop: Project) -> None:
    result = shop.check(LOOP.format(marker='@pytest.mark.db(n_plus_one="error")'), passed=1, errors=1)
    result.stdout.fnmatch_lines(["*N+1 lazy loads: *"])


def test_a_blocking_call_fails_its_test_with_its_line(shop: Project) -> None:
    shop.configure('blocking = "error"')
    result = shop.check(BLOCKING.format(marker=""), failed=1)
    result.stdout.fnmatch_lines(["*blocking call in the event loop: *time.sleep*", "*shop/services.py:13*"])


def test_a_blocking_call_is_warned_of_and_goes_through(shop: Project) -> None:
    shop.configure('blocking = "warn"')
    result = shop.check(BLOCKING.format(marker=""), passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*GuardWarning: blocking call in the event loop: *time.sleep*"])


@pytest.mark.parametrize(
    ("extra", "marker"), [("", ""), ('blocking = "error"', '@pytest.mark.db(blocking="off", no_queries_ok=True)')]
)
def test_a_blocking_call_is_let_pass(shop: Project, extra: str, marker: str) -> None:
    shop.configure(extra)
    shop.check(BLOCKING.format(marker=marker), passed=1, warnings=0)


def test_a_sync_engine_in_the_loop_is_a_blocking_call(shop: Project) -> None:
    shop.configure('blocking = "warn"')
    result = shop.check(
        """
        from shop.services import count

        async def test_count(db_session):
            assert await count(db_session) == 0
        """,
        passed=1,
        warnings=1,
    )
    result.stdout.fnmatch_lines(["*GuardWarning: sync engine in a running loop: *"])


EAGER = """
    from shop.models import Customer, Order
    from shop.services import eager

    def test_orders(db_session, db_session_factory):
        db_session.add(Order(item="lamp", customer=Customer(name="Ada")))
        db_session.commit()
        with db_session_factory() as session:
            order = eager(session)
            assert {read} == {value!r}
"""


def test_an_eager_load_that_nobody_read_is_warned_of_when_asked(shop: Project) -> None:
    shop.configure("unused_eager_loads = true")
    result = shop.check(EAGER.format(read="order.item", value="lamp"), passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*GuardWarning: eager load never used: *Order.customer*"])


def test_an_eager_load_that_was_read_is_not_warned_of(shop: Project) -> None:
    shop.configure("unused_eager_loads = true")
    shop.check(EAGER.format(read="order.customer.name", value="Ada"), passed=1, warnings=0)


def test_eager_loads_are_not_looked_at_unless_asked(shop: Project) -> None:
    shop.configure('n_plus_one = "error"')
    shop.check(EAGER.format(read="order.item", value="lamp"), passed=1, warnings=0)


def test_unknown_modes_are_said(shop: Project) -> None:
    shop.configure('n_plus_one = "loud"')
    shop.write("test_shop.py", "def test_nothing(): pass\n")
    result = shop.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*n_plus_one = 'loud'*", "*choose one of: error, warn, off*"])
    shop.configure("")
    result = shop.check(LOOP.format(marker='@pytest.mark.db(blocking="loud")'), errors=1)
    result.stdout.fnmatch_lines(["*blocking = 'loud'*"])
