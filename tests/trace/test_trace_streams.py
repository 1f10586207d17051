"""When streamed results end."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select
from tree import Branch, Driver, Leaf

from greenshift import trace


def test_the_end_of_a_streamed_result_is_told(driver: Driver) -> None:
    ended: list[Any] = []

    def step(connection: Connection) -> None:
        streamed = connection.execution_options(yield_per=1)
        result = streamed.execute(select(Leaf.id).where(Leaf.branch_id == 100))
        assert trace.streams.is_streamed(result.context)
        assert len(result.fetchmany(1)) == 1
        assert ended == []
        assert len(result.all()) == 1
        assert ended[0] is result.context
        ended.clear()
        given_up = streamed.execute(select(Leaf.id).where(Leaf.branch_id == 100))
        given_up.close()
        assert ended[0] is given_up.context

    with trace.streams.on_closed(ended.append):
        driver.connected(step)


@pytest.mark.parametrize("streamed", [False, True])
def test_others_are_told_apart(driver: Driver, streamed: bool) -> None:
    ended: list[Any] = []

    def step(connection: Connection) -> None:
        result = connection.execution_options(stream_results=streamed).execute(select(Branch.id))
        assert trace.streams.is_streamed(result.context) is streamed
        result.all()

    with trace.streams.on_closed(ended.append):
        driver.connected(step)
    assert bool(ended) is streamed
