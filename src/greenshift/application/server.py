"""The PostgreSQL server on which an application gets its databases."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Final, Self

from greenshift.config import Config
from greenshift.postgres import Run, Server, ServerSettings, TemplateTarget, open_server

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class ServerOnDemand:
    """A server that is started when it is first needed; a context manager that ends it and drops what was made on it.

    One that is started listens on 127.0.0.1: a proxy can stand before it, and drivers that know no sockets reach it.

    Args:
        config: of the application: says which server is wanted.
        settings: PostgreSQL's own settings where the configuration says nothing of them.
    """

    def __init__(self, config: Config, settings: Mapping[str, str] = _NOTHING) -> None:
        self.config = config
        self._settings = settings
        self._server: Server | None = None
        self._run: Run | None = None

    @property
    def server(self) -> Server:
        """The server, started when it is first needed."""
        if self._server is None:
            config = self.config
            self._server = open_server(
                ServerSettings(
                    url=config.url,
                    provider=config.server,
                    listen="tcp",
                    data=config.data,
                    settings={**self._settings, **config.settings},
                    extensions=config.extensions,
                )
            )
        return self._server

    @property
    def run(self) -> Run:
        """The use of the server, with which its databases go."""
        if self._run is None:
            self._run = Run.start(self.server)
        return self._run

    def create_extensions(self, database: TemplateTarget) -> None:
        """Create the extensions that the configuration names.

        Args:
            database: where.
        """
        with database.connect() as connection:
            for extension in self.config.extensions:
                connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}"'.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._run is not None:
            self._run.close()
        if self._server is not None:
            self._server.stop()
