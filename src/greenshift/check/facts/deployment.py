"""How the program is run: what ``[tool.greenshift.check]`` says, and what its start files show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from greenshift.check.facts.value import Value

Proxy = Literal["pgbouncer-transaction", "pgbouncer-session", "other"]


@dataclass(frozen=True, slots=True)
class Deployment:
    """How the program is run; None where nothing says it.

    Attributes:
        workers: the processes of one instance.
        instances: how many instances of the service run at a time.
        max_connections: what the server allows, if no server is asked.
        request_timeout: seconds after which a request is given up.
        proxy: what stands between the program and PostgreSQL.
        proxy_idle_timeout: seconds after which that closes an idle connection.
        preloads: whether the server imports the application before it forks its workers (gunicorn's ``preload_app``).
        differs: the settings that are declared to differ from the other services', each with the reason.
    """

    workers: Value | None = None
    instances: Value | None = None
    max_connections: Value | None = None
    request_timeout: Value | None = None
    proxy: Proxy | None = None
    proxy_idle_timeout: Value | None = None
    preloads: Value | None = None
    differs: Mapping[str, str] = field(default_factory=dict)
