"""Where a schema of ours will be, before it is."""

from __future__ import annotations

import psycopg

from greenshift.postgres.databases.marker import database_name
from greenshift.postgres.databases.run import Run
from greenshift.postgres.errors import DatabaseError
from greenshift.postgres.schemas.address import SchemaAddress, path_of, schemas_behind, server_with_path


class SchemaPlace:
    """Where a run's schema will be: known before it is made, so that the application's URL can be.

    Args:
        run: the run that will own it; the schema lies in the maintenance database of the run's server.
        label: what it is for, such as the worker; the same label gives the same name, so one at a time.

    Attributes:
        name: the schema's name.
        search_path: the schema, and behind it what the role finds by default, as far as that is harmless.
        server: the server, reached with that search path.
        notice: one line that the user should see, or None.

    Raises:
        DatabaseError: the database cannot be reached.
    """

    def __init__(self, run: Run, label: str) -> None:
        self.run = run
        self.label = label
        self.name = database_name(run.id, label)
        try:
            with run.server.connect() as connection:
                behind, full = schemas_behind(connection)
        except psycopg.Error as error:
            raise DatabaseError(
                f"the database {run.server.maintenance_database} cannot be read: {str(error).strip().splitlines()[0]}",
                "check that this role may connect to it",
            ) from error
        self.search_path = path_of(self.name, behind)
        self.server = server_with_path(run.server, self.search_path)
        self.notice = (
            f"the schema {', '.join(full)} holds tables or types, so the tests' search path leaves it out"
            if full
            else None
        )

    @property
    def database(self) -> str:
        """The name of the database that the schema lies in."""
        return self.server.maintenance_database

    @property
    def address(self) -> SchemaAddress:
        """The server's address with the search path."""
        assert isinstance(self.server.address, SchemaAddress)
        return self.server.address
