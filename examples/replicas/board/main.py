"""The application as a server runs it: ``uvicorn board.main:app``.

``DATABASE_URL`` names the primary, ``REPLICA_URLS`` its replicas, with commas between them.
"""

from __future__ import annotations

import os

from sqlalchemy.ext.asyncio import create_async_engine

from board.async_app import create_async_app
from routing import Databases, Replica

primary = create_async_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
replicas = [
    # A replica that does not answer must not hold the reads up for long.
    create_async_engine(url, pool_pre_ping=True, pool_timeout=2, connect_args={"timeout": 2})
    for url in os.environ.get("REPLICA_URLS", "").split(",")
    if url
]
databases = Databases(primary.sync_engine, [Replica(engine.sync_engine) for engine in replicas])
app = create_async_app(databases)
