"""What the drivers of databases take when they connect, and how they are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Drivers that asyncio engines can use; psycopg (3) has both sides.
# https://docs.sqlalchemy.org/en/20/dialects/
ASYNC_DRIVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "postgresql": ("asyncpg", "psycopg", "psycopg_async"),
    "sqlite": ("aiosqlite",),
    "mysql": ("aiomysql", "asyncmy"),
    "mariadb": ("aiomysql", "asyncmy"),
    "mssql": ("aioodbc",),
    "oracle": ("oracledb", "oracledb_async"),
}
ASYNC_ONLY: Final = frozenset(
    {"asyncpg", "psycopg_async", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "oracledb_async"}
)
SYNC_ONLY: Final = _names(
    "psycopg2 psycopg2cffi pg8000 pysqlite pysqlcipher pymysql mysqldb mysqlconnector pyodbc pymssql cx_oracle"
)
# The driver that a URL without one means, where that is the same in SQLAlchemy 2.0 and 2.1 (it is psycopg2 in 2.0 and
# psycopg in 2.1 for PostgreSQL).
DEFAULT_DRIVERS: Final[Mapping[str, str]] = {
    "sqlite": "pysqlite",
    "mysql": "mysqldb",
    "mariadb": "mysqldb",
    "mssql": "pyodbc",
}
# Any one of these distributions brings the driver.
DISTRIBUTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "asyncpg": ("asyncpg",),
    "psycopg": ("psycopg", "psycopg-binary", "psycopg-c"),
    "psycopg_async": ("psycopg", "psycopg-binary", "psycopg-c"),
    "psycopg2": ("psycopg2", "psycopg2-binary", "psycopg2-wheels", "psycopg2-yugabytedb"),
    "psycopg2cffi": ("psycopg2cffi",),
    "pg8000": ("pg8000",),
    "aiosqlite": ("aiosqlite",),
    "pymysql": ("pymysql",),
    "mysqldb": ("mysqlclient",),
    "mysqlconnector": ("mysql-connector-python",),
    "aiomysql": ("aiomysql",),
    "asyncmy": ("asyncmy",),
    "pyodbc": ("pyodbc",),
    "aioodbc": ("aioodbc",),
    "pymssql": ("pymssql",),
    "oracledb": ("oracledb",),
    "oracledb_async": ("oracledb",),
    "cx_oracle": ("cx-oracle",),
}
# SQLAlchemy's extras that bring a driver.
# https://docs.sqlalchemy.org/en/20/intro.html#installation
EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "asyncpg": ("postgresql-asyncpg",),
    "psycopg": ("postgresql-psycopg", "postgresql-psycopgbinary", "postgresql"),
    "psycopg_async": ("postgresql-psycopg", "postgresql-psycopgbinary", "postgresql"),
    "psycopg2": ("postgresql", "postgresql-psycopg2binary"),
    "psycopg2cffi": ("postgresql-psycopg2cffi",),
    "pg8000": ("postgresql-pg8000",),
    "aiosqlite": ("aiosqlite",),
    "pymysql": ("pymysql",),
    "mysqldb": ("mysql",),
    "mysqlconnector": ("mysql-connector",),
    "aiomysql": ("aiomysql",),
    "asyncmy": ("asyncmy",),
    "pyodbc": ("mssql", "mssql-pyodbc"),
    "aioodbc": ("aioodbc",),
    "pymssql": ("mssql-pymssql",),
    "oracledb": ("oracle", "oracle-oracledb"),
    "oracledb_async": ("oracle", "oracle-oracledb"),
    "cx_oracle": ("oracle", "oracle-cxoracle"),
}

# https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-PARAMKEYWORDS
LIBPQ: Final = _names("""
    service servicefile user password passfile channel_binding connect_timeout dbname host hostaddr port
    client_encoding options application_name fallback_application_name keepalives keepalives_idle keepalives_interval
    keepalives_count tcp_user_timeout sslmode sslnegotiation sslcompression sslcert sslkey sslcertmode sslpassword
    sslrootcert sslcrl sslcrldir sslsni requirepeer require_auth min_protocol_version max_protocol_version
    ssl_min_protocol_version ssl_max_protocol_version requiressl gssencmode krbsrvname gsslib gssdelegation replication
    target_session_attrs load_balance_hosts scram_client_key scram_server_key oauth_issuer oauth_client_id
    oauth_client_secret oauth_scope sslkeylogfile
    """)
# https://magicstack.github.io/asyncpg/current/api/index.html#connection
ASYNCPG: Final = _names("""
    dsn host port user password passfile service servicefile database loop timeout statement_cache_size
    max_cached_statement_lifetime max_cacheable_statement_size command_timeout ssl direct_tls connection_class
    record_class server_settings target_session_attrs krbsrvname gsslib
    """)
# What SQLAlchemy's dialect takes out of them; async_fallback until 2.0.
_ASYNCPG_DIALECT: Final = frozenset(
    {"prepared_statement_cache_size", "prepared_statement_name_func", "async_creator_fn", "async_fallback"}
)
_PSYCOPG: Final = frozenset(
    {"conninfo", "autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory", "async_creator_fn"}
)
_PSYCOPG2: Final = frozenset({"dsn", "connection_factory", "cursor_factory", "async", "async_", "database"})
# https://docs.python.org/3/library/sqlite3.html#sqlite3.connect
_SQLITE: Final = _names("""
    database timeout detect_types isolation_level check_same_thread factory cached_statements uri autocommit
    iter_chunk_size loop async_creator_fn async_fallback
    """)
TAKEN: Final[Mapping[str, frozenset[str]]] = {
    "asyncpg": ASYNCPG | _ASYNCPG_DIALECT,
    "psycopg": LIBPQ | _PSYCOPG | {"async_fallback"},
    "psycopg_async": LIBPQ | _PSYCOPG | {"async_fallback"},
    "psycopg2": LIBPQ | _PSYCOPG2,
    "pysqlite": _SQLITE,
    "aiosqlite": _SQLITE,
}
# Names that some driver takes, so that one can tell what a name was meant for.
_KNOWN: Final = frozenset().union(*TAKEN.values()) | {"charset", "init_command", "ssl_ca", "pool_size", "connect_args"}
# A MySQL driver's arguments are many; these belong to other databases.
_NOT_MYSQL: Final = _names("""
    check_same_thread sslmode sslrootcert application_name server_settings statement_cache_size command_timeout
    prepared_statement_cache_size prepared_statement_name_func prepare_threshold channel_binding target_session_attrs
    """)
_MYSQL: Final = ("pymysql", "aiomysql", "asyncmy", "mysqldb")


def refuses(dialect: str, driver: str, name: str) -> bool:
    """Return whether a driver surely refuses an argument of ``connect``.

    Args:
        dialect: the database, as in a URL.
        driver: the driver, as in a URL; "" for the default one.
        name: the argument's name.
    """
    driver = driver or DEFAULT_DRIVERS.get(dialect, "")
    if driver in _MYSQL:
        return name in _NOT_MYSQL
    if dialect == "postgresql" and not driver:
        # psycopg2 or psycopg, by SQLAlchemy's version.
        return refuses(dialect, "psycopg", name) and refuses(dialect, "psycopg2", name)
    taken = TAKEN.get(driver)
    return taken is not None and name in _KNOWN and name not in taken
