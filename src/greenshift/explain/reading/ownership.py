"""Whether a file that a text names is the user's own, judged by its name alone: it lies on another machine."""

from __future__ import annotations

import re
from typing import Final

from greenshift.trace import is_user_file

_LIBRARY: Final = re.compile(
    r"""(?:^|[/\\])(?:site|dist)-packages[/\\]      # installed packages
      | (?:^|[/\\])lib(?:64)?[/\\]python\d           # the standard library, of a POSIX system
      | [/\\]python[\d.\-]*[/\\]lib[/\\]             # and of Windows
      | [/\\]lib[/\\]sqlalchemy[/\\]                 # a checkout of SQLAlchemy
      | \.pyx$ | \.pxd$
      | ^(?:aiosqlite|alembic|anyio|asyncio|asyncpg|celery|click|concurrent|fastapi|flask|greenlet|gunicorn|httpx
          |pluggy|psycopg|psycopg2|psycopg_pool|pydantic|pydantic_core|pytest|pytest_asyncio|sqlalchemy|sqlmodel
          |starlette|uvicorn|uvloop|werkzeug|_pytest)[/\\]  # as error trackers shorten them
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_user_path(name: str) -> bool:
    """Return whether a file named in a text counts as the user's code.

    Args:
        name: the path as the text gives it, of any operating system.
    """
    return bool(name) and _LIBRARY.search(name) is None and is_user_file(name)
