"""What ``create_engine`` takes: itself, by pool class, by dialect; in SQLAlchemy 2.0 and 2.1 together."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine
ENGINE: Final = _names(
    """
    url connect_args creator async_creator echo enable_from_linting execution_options future hide_parameters
    logging_name module plugins pool poolclass query_cache_size strategy empty_in_strategy
    _coerce_config _initialize _is_async
    """
)
_EVERY_POOL: Final = _names(
    "pool_recycle echo_pool pool_logging_name pool_reset_on_return pool_events pool_pre_ping dialect _dispatch"
)
QUEUE: Final = _names("pool_size max_overflow pool_timeout pool_use_lifo")
_POOLS: Final[Mapping[str, frozenset[str]]] = {
    "QueuePool": QUEUE,
    "AsyncAdaptedQueuePool": QUEUE,
    "FallbackAsyncAdaptedQueuePool": QUEUE,
    "NullPool": frozenset(),
    "StaticPool": frozenset(),
    "AssertionPool": frozenset(),
    "SingletonThreadPool": _names("pool_size"),
}
_EVERY_DIALECT: Final = _names(
    """
    compiler_linting dbapi implicit_returning insertmanyvalues_page_size isolation_level json_deserializer
    json_serializer _json_deserializer _json_serializer label_length max_identifier_length paramstyle
    server_side_cursors skip_autocommit_rollback supports_native_boolean use_insertmanyvalues
    """
)
_MSSQL: Final = _names(
    """
    deprecate_large_types ignore_no_transaction_on_rollback legacy_schema_aliasing query_timeout schema_name
    supports_comments use_scope_identity fast_executemany use_setinputsizes
    """
)
_ORACLE: Final = _names(
    """
    arraysize auto_convert_lobs coerce_to_decimal enable_offset_fetch encoding_errors exclude_tablespaces
    optimize_limits thick_mode threaded use_ansi use_binds_for_limits use_nchar_for_unicode
    """
)
_DIALECTS: Final[Mapping[str, frozenset[str]]] = {
    "postgresql": _names("native_inet_types"),
    "postgresql+psycopg": _names("client_encoding use_native_hstore"),
    "postgresql+psycopg_async": _names("client_encoding use_native_hstore"),
    "postgresql+psycopg2": _names("client_encoding use_native_hstore executemany_mode executemany_batch_page_size"),
    "postgresql+psycopg2cffi": _names("client_encoding use_native_hstore executemany_mode executemany_batch_page_size"),
    "postgresql+asyncpg": frozenset(),
    "postgresql+pg8000": _names("client_encoding"),
    "sqlite": _names("native_datetime"),
    "sqlite+pysqlite": frozenset(),
    "sqlite+aiosqlite": frozenset(),
    "sqlite+pysqlcipher": frozenset(),
    "mysql": _names("is_mariadb"),
    "mysql+pymysql": frozenset(),
    "mysql+mysqldb": frozenset(),
    "mysql+aiomysql": frozenset(),
    "mysql+asyncmy": frozenset(),
    "mysql+mysqlconnector": frozenset(),
    "mariadb": _names("is_mariadb"),
    "mariadb+pymysql": frozenset(),
    "mariadb+mysqldb": frozenset(),
    "mariadb+aiomysql": frozenset(),
    "mariadb+asyncmy": frozenset(),
    "mssql": _MSSQL,
    "mssql+pyodbc": frozenset(),
    "mssql+pymssql": frozenset(),
    "mssql+aioodbc": frozenset(),
    "oracle": _ORACLE,
    "oracle+oracledb": frozenset(),
    "oracle+cx_oracle": frozenset(),
}
# What a URL without a driver can mean, in one version or the other.
_BARE: Final[Mapping[str, tuple[str, ...]]] = {"postgresql": ("postgresql+psycopg2", "postgresql+psycopg")}

# Arguments that create_engine once had; each with what became of it.
REMOVED: Final[Mapping[str, str]] = {
    "convert_unicode": "removed in SQLAlchemy 2.0: every driver gives str",
    "encoding": "removed in SQLAlchemy 2.0: every driver knows its encoding (psycopg: client_encoding)",
    "case_sensitive": "removed in SQLAlchemy 2.0",
    "empty_in_list_strategy": "removed in SQLAlchemy 1.4",
    "listeners": "removed in SQLAlchemy 1.4: use sqlalchemy.event",
    "pool_threadlocal": "removed in SQLAlchemy 1.4",
    "server_side_cursor": "use execution_options(stream_results=True)",
    "use_batch_mode": "removed in SQLAlchemy 1.4: executemany_mode",
    "use_native_unicode": "removed in SQLAlchemy 2.0",
    "autocommit": 'use isolation_level="AUTOCOMMIT"',
    "async_fallback": "create_engine never took it",
}
# What a driver or a session takes, or another library's pool; never create_engine, nor a dialect that is known.
ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        """
        connect_timeout sslmode sslrootcert application_name options check_same_thread server_settings command_timeout
        statement_cache_size prepared_statement_cache_size prepared_statement_name_func prepare_threshold ssl
        keepalives keepalives_idle keepalives_interval keepalives_count init_command charset target_session_attrs
        """.split(),  # noqa: SIM905
        "an argument of the driver: it goes into connect_args",
    ),
    **dict.fromkeys(
        ("expire_on_commit", "autoflush", "class_", "bind", "autobegin"),
        "an argument of the session factory",
    ),
    "pool_max_overflow": "max_overflow",
    "max_size": "pool_size and max_overflow",
    "min_size": "pool_size",
    "pool_max_size": "pool_size and max_overflow",
    "pool_min_size": "pool_size",
    "max_connections": "pool_size and max_overflow",
    "pool_overflow": "max_overflow",
    "overflow": "max_overflow",
    "pool_ping": "pool_pre_ping",
    "pre_ping": "pool_pre_ping",
    "recycle": "pool_recycle",
    "pool_reset": "pool_reset_on_return",
    "reset_on_return": "pool_reset_on_return",
    "use_lifo": "pool_use_lifo",
    "pool_lifo": "pool_use_lifo",
    "max_idle_time": "pool_recycle",
    "pool_class": "poolclass",
    "pool_echo": "echo_pool",
    "connection_args": "connect_args",
    "connect_arguments": "connect_args",
}


def queue_only(pool: str) -> frozenset[str]:
    """Return the arguments of a queue that another pool class does not take; empty for classes that are not known.

    Args:
        pool: the class's name.
    """
    return QUEUE - _POOLS.get(pool, QUEUE)


def all_names() -> frozenset[str]:
    """Return every argument that ``create_engine`` takes with some pool and some of SQLAlchemy's own dialects."""
    return ENGINE.union(_EVERY_POOL, QUEUE, _EVERY_DIALECT, *_DIALECTS.values())


def names_of(scheme: str) -> frozenset[str] | None:
    """Return every argument that ``create_engine`` takes with some pool and one dialect.

    Args:
        scheme: a URL's scheme, such as ``postgresql+asyncpg``.

    Returns:
        The names, or None for a dialect that is not SQLAlchemy's own.
    """
    dialect = scheme.partition("+")[0]
    if scheme not in _DIALECTS:
        return None
    own = frozenset().union(*(_DIALECTS[bare] for bare in _BARE.get(scheme, (scheme,))))
    return ENGINE.union(_EVERY_POOL, QUEUE, _EVERY_DIALECT, own, _DIALECTS[dialect])


def meant(name: str) -> str:
    """Return the argument that a mistyped one most likely is; "" if there is none like it.

    Args:
        name: what is written.
    """
    public = sorted(known for known in all_names() if not known.startswith("_"))
    return next(iter(difflib.get_close_matches(name, public, 1, 0.8)), "")
