"""What the project files must know about the application, read from its code before and after the shift."""

from __future__ import annotations

import re
from collections.abc import Mapping

from greenshift.shift.project.loading import is_test_file
from greenshift.shift.rewrite.context import Options
from greenshift.shift.settings import SettingsFacts

_POSTGRES = re.compile(r"postgres(?:ql)?(?:\+(\w+))?://|[\"']postgresql(?:\+(\w+))?[\"']|PostgresDsn|psycopg|pg8000")
_MYSQL = re.compile(
    r"(?:mysql|mariadb)(?:\+\w+)?://|[\"'](?:mysql|mariadb)(?:\+\w+)?[\"']|pymysql|mysqlclient|MySQLdb|MySQLDsn"
)
_VARIABLE = re.compile(
    r"(?:environ(?:\.get)?|getenv|env|config)\s*[\[(]\s*[\"']([A-Z0-9_]*(?:DATABASE|SQLALCHEMY|DB)[A-Z0-9_]*(?:UR[LI]|DSN))[\"']"
)
_FIELD = re.compile(r"^\s+([A-Za-z0-9_]*(?:database|sqlalchemy|db)[a-z0-9_]*(?:ur[li]|dsn))\s*:", re.M | re.I)


def mentions_postgresql(text: str) -> bool:
    """Return whether a text names PostgreSQL: in a URL, as a driver, as a type of settings.

    Args:
        text: The text of a module, or of several.
    """
    return _POSTGRES.search(text) is not None


def url_variables(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the environment variables from which an application takes its database's URL.

    Args:
        texts: The application's texts before the shift.
    """
    fields = {name.upper() for text in texts.values() if "BaseSettings" in text for name in _FIELD.findall(text)}
    return tuple(sorted({*_VARIABLE.findall("\n".join(texts.values())), *fields}))


def settings_facts(before: Mapping[str, str], after: Mapping[str, str], options: Options) -> SettingsFacts:
    """Return the facts.

    Args:
        before: The application's texts before the shift.
        after: The texts after it.
        options: What the user chose.
    """
    whole = "\n".join(before.values())
    drivers = [one or other for one, other in _POSTGRES.findall(whole) if one or other]
    uses_postgresql = mentions_postgresql(whole)
    tests = [text for file, text in after.items() if is_test_file(file)]
    driver = "psycopg" if options.postgres_driver == "psycopg" else next(iter(drivers), None)
    return SettingsFacts(
        uses_postgresql=uses_postgresql,
        uses_sqlite="sqlite:" in whole or "aiosqlite" in whole,
        uses_mysql=bool(_MYSQL.search(whole)),
        postgres_driver=driver,
        url_variables=url_variables(before),
        test_needs_httpx=any("AsyncClient" in text for text in tests),
        tests_turned_async=any("async def " in text for text in tests),
        alembic_sync=any("from alembic" in text or "import alembic" in text for text in before.values()),
    )
