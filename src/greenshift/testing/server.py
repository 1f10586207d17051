"""Opens the server that a run's configuration asks for.

Imports no SQLAlchemy, which takes longer than a server's start: so the one can go on beside the other, and a
process that hands its tests to workers does without.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from greenshift.config import Config
from greenshift.postgres import Server, ServerSettings, keep_server, open_server
from greenshift.testing.running import Options

Say = Callable[[str], None] | None


class OpeningServer:
    """A server that is being opened in a thread.

    Args:
        config: the project's configuration, command-line options included.
        options: what else the command line said.
    """

    def __init__(self, config: Config, options: Options) -> None:
        self._options = options
        # Here and not in the thread: it may import SQLAlchemy, which two threads must not begin to import at once.
        self._settings = server_settings(config)
        self._server: Server | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._open, name="greenshift server", daemon=True)
        self._thread.start()

    def result(self) -> Server:
        """Wait for the server and return it.

        Raises:
            GreenshiftError: none could be had.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._server is not None
        return self._server

    def _open(self) -> None:
        try:
            self._server = _open(self._settings, self._options, None)
        except BaseException as error:
            self._error = error


def open_suite_server(config: Config, options: Options, say: Say) -> Server:
    """Open the server that a run's configuration asks for."""
    return _open(server_settings(config), options, say)


def server_settings(config: Config) -> ServerSettings:
    """Return what kind of server a run's configuration asks for."""
    return ServerSettings(
        url=config.url,
        provider=config.server,
        listen=config.listen,
        data=config.data,
        settings=config.settings,
        extensions=_extensions(config),
    )


def _open(settings: ServerSettings, options: Options, say: Say) -> Server:
    if options.keep_failed and settings.url is None:
        # Kept data must outlive the run, and with it the server that holds it.
        return keep_server(settings, say=say)[0]
    return open_server(settings, say=say)


def _extensions(config: Config) -> tuple[str, ...]:
    if not (config.sql or config.seed or config.alembic is not None):
        return tuple(sorted(config.extensions))
    from greenshift.testing.definition import extensions_of  # imports SQLAlchemy

    return extensions_of(config)
