"""Records: an active-record layer over psycopg 3, sync and async by the same names."""

from psycopg import Rollback

from records.async_database_manager import AsyncDatabaseManager
from records.async_model import AsyncDBModel, AsyncJoinTableDBModel
from records.columns import column
from records.database_manager import DatabaseManager
from records.errors import DefinitionError, NotBoundError, RecordError, RecordNotFoundError
from records.lazy_attribute import LazyAttribute
from records.model import DBModel, JoinTableDBModel
from records.record import Record
from records.statement_log import recorded_statements

__all__ = [
    "AsyncDBModel",
    "AsyncDatabaseManager",
    "AsyncJoinTableDBModel",
    "DBModel",
    "DatabaseManager",
    "DefinitionError",
    "JoinTableDBModel",
    "LazyAttribute",
    "NotBoundError",
    "Record",
    "RecordError",
    "RecordNotFoundError",
    "Rollback",
    "column",
    "recorded_statements",
]
