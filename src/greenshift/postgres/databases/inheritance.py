"""What belongs to a database but is not copied with it: its settings and the rights on it."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class DatabaseSettings:
    """Settings (``ALTER DATABASE ... SET``) and rights (``GRANT ... ON DATABASE``) of one database.

    Args:
        settings: triples of a role (None for all roles), a parameter and its value.
        rights: triples of a role (None for PUBLIC), a right and whether it may be granted on; None where the
            database has the rights that every new one has.
    """

    settings: tuple[tuple[str | None, str, str], ...]
    rights: tuple[tuple[str | None, str, bool], ...] | None

    def statements(self, name: str) -> list[sql.Composed]:
        """Return the statements that give a new database the same settings and rights."""
        database = sql.Identifier(name)
        statements = []
        for role, parameter, value in self.settings:
            whom = (
                sql.SQL("ALTER DATABASE {}").format(database)
                if role is None
                else sql.SQL("ALTER ROLE {} IN DATABASE {}").format(sql.Identifier(role), database)
            )
            name_parts = sql.SQL(".").join(sql.Identifier(part) for part in parameter.split("."))
            statements.append(sql.SQL("{} SET {} = {}").format(whom, name_parts, _value(parameter, value)))
        if self.rights is not None:
            statements.append(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            for role, right, grantable in self.rights:
                statements.append(
                    sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(
                        sql.SQL(right),
                        database,
                        sql.SQL("PUBLIC") if role is None else sql.Identifier(role),
                        sql.SQL(" WITH GRANT OPTION" if grantable else ""),
                    )
                )
        return statements


# Parameters whose value is a list of names, each quoted on its own in the stored form.
_LISTS = frozenset(
    {"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries", "datestyle"}
)


def _value(parameter: str, value: str) -> sql.Composable:
    if parameter.lower() in _LISTS:
        return sql.SQL(value)
    return sql.Literal(value)


def read_settings(connection: psycopg.Connection[tuple[object, ...]], name: str) -> DatabaseSettings:
    """Return the settings and rights of a database.

    Args:
        connection: an open connection to any database of the server.
        name: the database.
    """
    settings: list[tuple[str | None, str, str]] = []
    for role, entry in connection.execute(
        "SELECT r.rolname, unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s"
        " JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole"
        " WHERE d.datname = %s ORDER BY 1 NULLS FIRST",
        (name,),
    ).fetchall():
        parameter, _, value = str(entry).partition("=")
        settings.append((None if role is None else str(role), parameter, value))
    row = connection.execute(
        "SELECT datacl IS NOT NULL FROM pg_catalog.pg_database WHERE datname = %s", (name,)
    ).fetchone()
    if row is None or row[0] is not True:
        return DatabaseSettings(tuple(settings), None)
    rights = connection.execute(
        "SELECT r.rolname, a.privilege_type, a.is_grantable FROM pg_catalog.pg_database d,"
        " aclexplode(d.datacl) a LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee"
        " WHERE d.datname = %s AND a.grantee <> d.datdba ORDER BY 1 NULLS FIRST, 2",
        (name,),
    ).fetchall()
    return DatabaseSettings(
        tuple(settings),
        tuple((None if role is None else str(role), str(right), given is True) for role, right, given in rights),
    )
