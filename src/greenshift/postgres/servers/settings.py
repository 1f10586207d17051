"""What kind of server is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MEMORY_DIRECTORY = Path("/dev/shm")  # noqa: S108 - a RAM disk on every Linux; the server's folder in it is private

Provider = Literal["auto", "embedded", "installed", "container", "kept"]


@dataclass(frozen=True)
class ServerSettings:
    """What kind of server is wanted.

    Args:
        url: any PostgreSQL URL; the server there is used, and never ended.
        provider: where a server comes from if there is no URL.
        listen: ``socket`` (a private Unix socket) or ``tcp`` (127.0.0.1, a free port, a random password).
        data: where the data directory lies: ``memory``, ``disk``, or in memory where there is room.
        directory: the folder in which to make the server's folder, instead of ``data``'s choice.
        bin_directory: the folder with the PostgreSQL programs to use; makes the provider ``installed``.
        settings: PostgreSQL's own settings, such as ``{"work_mem": "64MB"}``.
        extensions: names of extensions that the application creates; a server that has them is chosen.
        memory_directory: the folder that lies in RAM.
        replication: whether :meth:`Server.replica` is wanted; embedded and installed servers only.
    """

    url: str | None = field(default=None, repr=False)
    provider: Provider = "auto"
    listen: Literal["socket", "tcp"] = "socket"
    data: Literal["auto", "memory", "disk"] = "auto"
    directory: Path | None = None
    bin_directory: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    extensions: Sequence[str] = ()
    memory_directory: Path = MEMORY_DIRECTORY
    replication: bool = False
