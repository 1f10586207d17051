"""Where a schema of ours is: a server's address whose connections find that schema first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from psycopg import Connection

from greenshift.postgres.address import Address
from greenshift.postgres.server import Server

# These pass libpq's parameter "options" on. Every other driver has to be told in its own way.
LIBPQ_DRIVERS: frozenset[str | None] = frozenset({None, "psycopg", "psycopg_async", "psycopg2", "psycopg2cffi"})
_GIVEN = re.compile(r"(?:-c\s*|--)search_path=((?:\\.|\S)*)")

# current_schemas leaves out what does not exist or may not be used.
_BEHIND = """
SELECT pg_catalog.quote_ident(n.nspname), EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid
        AND d.classid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_type'::regclass)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                        WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'))
FROM unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s(name, place)
JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
WHERE n.nspname NOT LIKE 'greenshift\\_%' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY s.place
"""


@dataclass(frozen=True)
class SchemaAddress(Address):
    """An address whose connections look for names in certain schemas.

    Args:
        search_path: the quoted names of the schemas, separated by commas without spaces.
    """

    search_path: str = ""

    @classmethod
    def of(cls, address: Address, search_path: str) -> SchemaAddress:
        """Return an address that leads to the same place with another search path."""
        given = _GIVEN.sub("", address.parameters.get("options", "")).strip()
        options = f"{given} -csearch_path={_escaped(search_path)}".strip()
        parameters = {**address.parameters, "options": options}
        return cls(address.host, address.port, address.user, address.password, parameters, search_path)

    @property
    def options(self) -> str:
        """libpq's parameter that carries the search path."""
        return self.parameters["options"]

    def url(self, database: str, driver: str | None = None) -> str:
        """Return the SQLAlchemy URL of a database; it carries the search path where the driver can take it from there.

        Args:
            database: the database's name.
            driver: ``psycopg``, ``psycopg2``, or None (a libpq URL): with the search path. Any other: without.
        """
        parameters = dict(self.parameters)
        if driver not in LIBPQ_DRIVERS:
            del parameters["options"]
        place, separator, query = replace(self._plain(), parameters=parameters).url(database, driver).partition("?")
        # libpq does not read "+" as a space.
        return place + separator + query.replace("+", "%20")

    def _plain(self) -> Address:
        return Address(self.host, self.port, self.user, self.password, self.parameters)


def search_path_in(options: str) -> str | None:
    """Return the search path that libpq's parameter ``options`` sets, None where it sets none."""
    found = _GIVEN.findall(options)
    return re.sub(r"\\(.)", r"\1", str(found[-1])) if found else None


def with_search_path(options: str, search_path: str) -> str:
    """Return libpq's parameter ``options`` with a search path added."""
    return f"{options} -csearch_path={_escaped(search_path)}".strip()


def schemas_behind(connection: Connection[tuple[object, ...]]) -> tuple[list[str], list[str]]:
    """Return which schemas of a connection's search path may stay behind a schema of ours, and which may not.

    One that holds tables or types of its own may not: ``create_all`` and migrations would take what they find there
    for what they are to make, and so use and change it. Extensions' tables and types don't count.

    Returns:
        the quoted names of those that may stay, and of those that may not.
    """
    rows = connection.execute(_BEHIND).fetchall()
    return [str(name) for name, full in rows if not full], [str(name) for name, full in rows if full]


def path_of(schema: str, behind: Iterable[str]) -> str:
    """Return the search path with a schema of ours (its plain name) before others (their quoted names)."""
    return ",".join([schema, *behind])


def server_with_path(server: Server, search_path: str) -> Server:
    """Return the same server, reached with a search path; it is not owned twice, so its ``stop`` does nothing."""
    return Server(
        SchemaAddress.of(server.address, search_path),
        provider=server.provider,
        version=server.version,
        owned=server.owned,
        maintenance_database=server.maintenance_database,
        in_memory=server.in_memory,
        notice=server.notice,
    )


def _escaped(value: str) -> str:
    return re.sub(r"([\\\s])", r"\\\1", value)
