"""One thread holds the only connection and wants a second one."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

KIND = "pool limit reached"
DRIVERS = ("psycopg",)


def log(engine: Engine) -> None:
    with engine.begin() as connection:  # where: wanted here
        connection.execute(text("SELECT 2"))


def reproduce(url: str) -> None:
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    try:
        with Session(engine) as session:
            session.execute(text("SELECT 1"))  # where: held here
            log(engine)
    finally:
        engine.dispose()
