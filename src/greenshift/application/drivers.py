"""Which PostgreSQL driver an application's URL should name."""

from __future__ import annotations

from greenshift.application.errors import ApplicationError
from greenshift.application.interpreter import Interpreter
from greenshift.application.sources import sources_that_run
from greenshift.config import Config


def driver_of(interpreter: Interpreter, config: Config, *, is_async: bool) -> str | None:
    """Return the driver to name in an application's URL; None where plain ``postgresql://`` leads to one.

    Args:
        interpreter: the application's Python, whose drivers are looked at.
        config: of the application.
        is_async: whether one of asyncio's is wanted.

    Raises:
        ApplicationError: none is installed.
    """
    if is_async:
        wanted = [config.driver] if config.configured and config.driver != "sqlite" else []
        texts = [text for _, text in sources_that_run(config.root)]
        if not any("+asyncpg" in one for one in texts) and any("+psycopg" in one for one in texts):
            wanted.append("psycopg")  # The code names it: asyncpg may refuse what the code gives to columns.
        drivers = [*wanted, "asyncpg", "psycopg"]
    else:
        drivers = [interpreter.default_driver, "psycopg2", "psycopg"]
    driver = next((name for name in drivers if name in interpreter.packages), None)
    if driver is None:
        raise ApplicationError(
            f"{interpreter.program} has no PostgreSQL driver ({' or '.join(dict.fromkeys(drivers))})",
            f"pip install {drivers[0].replace('psycopg2', 'psycopg2-binary')} into it",
        )
    return None if not is_async and driver == interpreter.default_driver else driver
