"""Two clients that prepare statements of the same name on one connection of PgBouncer's."""

from __future__ import annotations

from sqlalchemy import create_engine, text

KIND = "prepared statement behind PgBouncer"
DRIVERS = ("psycopg",)
EDITS = True
EXTRA = "pgbouncer"


def reproduce(url: str) -> None:
    engine = create_engine(
        url,
        connect_args={"connect_timeout": 5},
    )
    try:
        with engine.connect() as first, engine.connect() as second:
            for connection in (first, second):
                for _ in range(8):
                    connection.execute(text("SELECT 'the same statement'"))  # where: executed here
                    connection.commit()
    finally:
        engine.dispose()
