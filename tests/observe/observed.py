"""What is observed in these tests."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from greenshift.observe import EngineState, Observer


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "observed_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(deferred=True)
    lines: Mapped[list[OrderLine]] = relationship(back_populates="order")


class OrderLine(Base):
    __tablename__ = "observed_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("observed_order.id"))
    order: Mapped[Order] = relationship(back_populates="lines")


def only(observer: Observer) -> EngineState:
    """Return the state of the only engine."""
    (state,) = observer.snapshot().engines
    return state


def until(happens: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
