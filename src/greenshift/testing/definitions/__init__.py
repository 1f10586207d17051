"""What a template is made from: metadata, migrations, SQL files, a function, and rows on top."""

from greenshift.testing.definitions.alembic import from_alembic
from greenshift.testing.definitions.function import from_callable
from greenshift.testing.definitions.metadata import from_metadata
from greenshift.testing.definitions.seeds import with_seeds
from greenshift.testing.definitions.source import BuildTarget, Definition, SQLiteTarget
from greenshift.testing.definitions.sql import from_sql

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
