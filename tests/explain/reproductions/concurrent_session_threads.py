"""A sync session shared by two threads: one is still connecting when the other begins."""

from __future__ import annotations

import threading

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

KIND = "another operation in progress"
DRIVERS = ("psycopg",)


def count(session: Session) -> int:
    return session.execute(text("SELECT 1")).scalar_one()  # where: used here


def reproduce(url: str) -> None:
    engine = create_engine(url)
    connecting, failed = threading.Event(), threading.Event()

    @event.listens_for(engine, "connect")
    def wait(*_: object) -> None:
        connecting.set()
        failed.wait(10)

    session = Session(engine)
    thread = threading.Thread(target=count, args=(session,), name="the other")
    try:
        thread.start()
        connecting.wait(10)
        count(session)
    finally:
        failed.set()
        thread.join()
        session.close()
        engine.dispose()
