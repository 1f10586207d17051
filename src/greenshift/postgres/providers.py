"""Choose a server: a URL, the kept one, the embedded one, an installed one, a container."""

from __future__ import annotations

from collections.abc import Callable

from greenshift.postgres.account import Account, server_account
from greenshift.postgres.binaries import Programs, embedded_programs, installed_programs, programs_in
from greenshift.postgres.errors import ServerError, ServerProgramsError
from greenshift.postgres.owned import start_owned
from greenshift.postgres.server import Server
from greenshift.postgres.settings import ServerSettings

Say = Callable[[str], None]


def open_server(settings: ServerSettings, *, say: Say | None = None) -> Server:
    """Return a running server, started if need be.

    Without a URL or a configured provider the order is: the server kept by ``greenshift up``, the embedded one, one
    installed on the machine, a container. May be called from any thread.

    Args:
        settings: what kind of server is wanted.
        say: is told in a few words what is going on.

    Raises:
        ServerError: none could be had; says why, and what to do.
    """
    account = server_account()
    return start_owned(choose_programs(settings, account), account, settings, say=say)


def choose_programs(settings: ServerSettings, account: Account) -> Programs:
    """Return the PostgreSQL programs to run: those that have the wanted extensions, the embedded ones first.

    Raises:
        ServerProgramsError: there are none.
    """
    if settings.bin_directory is not None:
        return programs_in(settings.bin_directory.absolute())
    return embedded_programs(account)
