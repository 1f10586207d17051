"""Schema isolation: a schema a process, in a database on which others work as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenshift.errors import ConfigurationError
from greenshift.postgres import TemplateSource, TemplateTarget
from greenshift.postgres.schemas.database import SchemaDatabase
from greenshift.postgres.schemas.dropping import reap_schemas
from greenshift.postgres.schemas.place import SchemaPlace
from greenshift.testing.ground import PostgresGround
from greenshift.testing.isolation import Isolation, RewindIsolation
from greenshift.testing.schema_definition import schema_definition
from greenshift.testing.schema_watch import SchemaWatch
from greenshift.testing.watch import Watch


class SchemaGround(PostgresGround):
    """A schema a process, in the database that the server's URL names; no database is created or dropped."""

    def open(self) -> str:
        """Make ready; return the name of the database that the schema lies in."""
        super().open()
        self._place = SchemaPlace(self._run, self.options.worker)
        return self._place.database

    def watch(self, name: str, *arguments: Any) -> Watch:
        """Return what follows the connections that find the schema."""
        self._watching = SchemaWatch(self._place.search_path, name, *arguments)
        return self._watching

    def variables(self) -> Mapping[str, str]:
        """Return the application's variables, with the search path where the driver takes it from a URL."""
        return self.environment.values(self._place.address, self._place.database)

    def make_database(self) -> SchemaDatabase:
        """Build the schema."""
        definition = schema_definition(self.config, self._place)

        def build(target: TemplateTarget) -> None:
            with self._watching.pausing():
                definition.build(target)

        source = TemplateSource(definition.fingerprint, build, definition.label)
        schema = SchemaDatabase(self._place, source, say=self.say)
        self.report.template_seconds = schema.build_seconds
        if schema.notice:
            self.report.notices.append(schema.notice)
        self._schema = schema
        return schema

    def isolation(self, name: str) -> Isolation:
        """Return schema isolation, the only mode to be had here."""
        if name != "schema":
            raise ConfigurationError(
                f"isolation {name!r} cannot be had where the suite's isolation is 'schema'",
                "leave it out for this test, or set another isolation for the whole suite",
            )
        return RewindIsolation(self._schema, self.config.driver)

    def _reap(self) -> None:
        reap_schemas(self._server)
