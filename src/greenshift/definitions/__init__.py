"""What a template is made from: metadata, migrations, SQL files, a function, and rows on top."""

from greenshift.definitions.alembic import from_alembic
from greenshift.definitions.function import from_callable
from greenshift.definitions.metadata import from_metadata
from greenshift.definitions.seeds import with_seeds
from greenshift.definitions.source import BuildTarget, Definition, SQLiteTarget
from greenshift.definitions.sql import from_sql

__all__ = [
    "BuildTarget",
    "Definition",
    "SQLiteTarget",
    "from_alembic",
    "from_callable",
    "from_metadata",
    "from_sql",
    "with_seeds",
]
