"""Keeps an application from any database but the one that it was given.

In the application's own interpreter, so nothing is imported here but SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Dialect

from greenshift.errors import GreenshiftError


class ForeignDatabaseError(GreenshiftError):
    """The application would have reached a database that it was not given."""


class DatabaseGuard:
    """Lets the application connect to one database only: what is sent here also deletes.

    Args:
        database: the name of the PostgreSQL database that is allowed, or None.
        folder: the folder in which SQLite files are allowed, and SQLite in memory with it; None for no SQLite at all.
        owner: whose database that is, for messages.
        subject: what connects, for messages.
        tell: is told why a connection was refused.
    """

    def __init__(
        self,
        database: str | None,
        folder: Path | None = None,
        *,
        owner: str,
        subject: str,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        # Why the last connection was refused: the application may have made another error of it.
        self.refused: str | None = None
        self._database = database
        self._folder = None if folder is None else folder.resolve()
        self._owner = owner
        self._subject = subject
        self._tell = tell

    def check(self, dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> None:
        """Refuse a connection to another database.

        Args:
            dialect: of the engine that connects.
            arguments: the driver's positional arguments.
            parameters: the driver's named arguments.

        Raises:
            ForeignDatabaseError: it leads to another one.
        """
        name = parameters.get("database", parameters.get("dbname"))
        if arguments and (name is None or dialect.name == "sqlite"):
            name = arguments[0]
        if dialect.name == "sqlite":
            name = str(name or ":memory:")
            if self._allows_file(name):
                return
        elif dialect.name == "postgresql" and self._database is not None and name == self._database:
            return
        self.refused = (
            f"{self._subject} connects to the {dialect.name} database {name}, which is not the {self._owner}'s"
        )
        self._tell(self.refused)
        raise ForeignDatabaseError(
            self.refused, "let its URL come from a variable, and name that under env in [tool.greenshift]"
        )

    def _allows_file(self, name: str) -> bool:
        if self._folder is None:
            return False
        file = Path(name.removeprefix("file:").partition("?")[0])
        return ":memory:" in name or file.resolve().is_relative_to(self._folder)
