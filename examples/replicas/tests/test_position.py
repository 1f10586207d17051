"""Positions are read, written and compared as PostgreSQL does."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import Engine, text

from routing import LastWrite, Position
from routing.position import UNKNOWN

DIFFERENCE = text("SELECT pg_wal_lsn_diff(CAST(:one AS pg_lsn), CAST(:other AS pg_lsn))")
TEXTS = ["0/0", "0/1", "0/FFFFFFFF", "1/0", "16/B374D848", "A0/9", "FFFFFFFF/FFFFFFFF"]


def test_they_are_compared_as_the_server_does(engines: tuple[Engine, Engine]) -> None:
    with engines[0].connect() as connection:
        for one, other in itertools.product(TEXTS, TEXTS):
            mine = Position.parse(one).value - Position.parse(other).value
            assert connection.scalar(DIFFERENCE, {"one": one, "other": other}) == mine
            assert (Position.parse(one) < Position.parse(other)) == (mine < 0)


@pytest.mark.parametrize("text", TEXTS)
def test_they_are_written_as_they_were_read(text: str) -> None:
    assert str(Position.parse(text)) == text


@pytest.mark.parametrize("text", ["", "0", "0/", "g/0", "1/2/3", "0/1\n", " 0/1", "0x1/0", "123456789/0"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a position"):
        Position.parse(text)


def test_a_last_write_only_moves_on() -> None:
    last_write = LastWrite()
    for written, reached in (("0/5", "0/5"), ("0/3", "0/5"), ("1/0", "1/0")):
        last_write.move_to(Position.parse(written))
        assert str(last_write.position) == reached
    assert Position.parse("FFFFFFFF/FFFFFFFF") == UNKNOWN
