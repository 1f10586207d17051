from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from greenshift.testing.queries import QueryBudgetExceededError, QueryLog
from greenshift.trace import Statement


@dataclass
class Sent:
    sql: str
    call_site: str | None = "app.py:3 in load"


def send(log: QueryLog, *texts: str) -> None:
    for text in texts:
        log.add(cast("Statement", Sent(text)))


def test_counts_what_was_sent() -> None:
    log = QueryLog()
    send(log, "select 1", "select 2")
    assert log.count == len(log) == 2
    assert [statement.sql for statement in log] == ["select 1", "select 2"]


@pytest.mark.parametrize("budget", [{"max": 2}, {"min": 2}, {"exactly": 2}, {"min": 1, "max": 3}])
def test_within_a_budget(budget: dict[str, int]) -> None:
    log = QueryLog()
    send(log, "select 0")
    with log.expect(**budget) as window:
        send(log, "select 1", "select 2")
    send(log, "select 3")
    assert [statement.sql for statement in window.statements] == ["select 1", "select 2"]
    assert len(window) == 2


@pytest.mark.parametrize(
    ("budget", "told"),
    [({"max": 1}, "at most 1"), ({"min": 3}, "at least 3"), ({"exactly": 1}, "exactly 1")],
)
def test_outside_a_budget_the_statements_are_listed(budget: dict[str, int], told: str) -> None:
    log = QueryLog()
    with pytest.raises(QueryBudgetExceededError, match=f"2 statements were sent, {told} expected") as caught:  # noqa: SIM117
        with log.expect(**budget):
            send(log, "select   1", "select 2")
    assert "1. select 1  [app.py:3 in load]" in str(caught.value)


def test_a_failing_block_keeps_its_own_error() -> None:
    log = QueryLog()
    with pytest.raises(KeyError), log.expect(exactly=1):
        raise KeyError("own")


def test_a_long_list_is_cut() -> None:
    log = QueryLog()
    with pytest.raises(QueryBudgetExceededError, match=r"\.\.\. and 5 more"), log.expect(exactly=0):
        send(log, *["select 1"] * 25)


def test_a_budget_is_needed() -> None:
    with pytest.raises(TypeError, match="needs max=, min= or exactly="), QueryLog().expect():
        pass
