"""Which service sent what: the proof that a test touched the database."""

from collections.abc import Iterable
from pathlib import Path

from greenshift.trace import Statement

PLATFORM = Path(__file__).parents[1]


def sent_by(service: str, beginning: str, statements: Iterable[Statement]) -> list[Statement]:
    """Return the statements that begin so and were sent from a line of the service's own code."""
    folder = PLATFORM / service
    return [
        statement
        for statement in statements
        if statement.sql.startswith(beginning)
        and statement.call_site is not None
        and Path(statement.call_site.file).is_relative_to(folder)
    ]
