"""Choose a server: a URL, the kept one, the embedded one, an installed one, a container."""

from __future__ import annotations

from collections.abc import Callable

from greenshift.postgres.errors import ReplicationError, ServerError, ServerProgramsError
from greenshift.postgres.server import Server
from greenshift.postgres.servers.account import Account, server_account
from greenshift.postgres.servers.binaries import Programs, embedded_programs, installed_programs, programs_in, reachable
from greenshift.postgres.servers.container import start_container
from greenshift.postgres.servers.given import open_given
from greenshift.postgres.servers.kept import KeptServer, kept_server, start_kept
from greenshift.postgres.servers.owned import start_owned
from greenshift.postgres.servers.settings import ServerSettings

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
    if settings.url:
        if settings.replication:
            raise _no_replicas("a server that a URL names")
        return open_given(settings.url)
    if settings.provider in ("auto", "kept"):
        server = _kept(settings, say)
        if server is not None:
            return server
    if settings.provider == "container":
        if settings.replication:
            raise _no_replicas("a server in a container")
        return start_container(settings, say=say)
    try:
        account = server_account()
        programs = choose_programs(settings, account)
    except ServerProgramsError as missing:
        wants_programs = settings.bin_directory is not None or settings.extensions or settings.replication
        if settings.provider != "auto" or wants_programs:
            raise
        return _container_instead(settings, missing, say)
    return start_owned(programs, account, settings, say=say)


def keep_server(settings: ServerSettings, *, say: Say | None = None) -> tuple[KeptServer, bool]:
    """Return the kept server, started if there is none, and whether it was started just now.

    Args:
        settings: what kind of server is wanted; embedded or installed.
        say: is told in a few words what is going on.

    Raises:
        ServerError: it did not start, or one is there that does not suit the settings.
    """
    if settings.replication:
        raise _no_replicas("a kept server")
    account = server_account()
    return start_kept(choose_programs(settings, account), account, settings, say=say)


def choose_programs(settings: ServerSettings, account: Account) -> Programs:
    """Return the PostgreSQL programs to run: those that have the wanted extensions, the embedded ones first.

    Raises:
        ServerProgramsError: there are none.
    """
    wanted = tuple(settings.extensions)
    if settings.bin_directory is not None:
        candidates = [programs_in(settings.bin_directory.absolute())]
        if not reachable(candidates[0].path("initdb"), account):
            raise ServerProgramsError(
                f"the user {account.name}, who runs the server, cannot reach {settings.bin_directory}",
                "use programs in a folder that every user can enter, or run the tests as an ordinary user",
            )
    elif settings.provider == "embedded":
        candidates = [embedded_programs(account)]
    elif settings.provider == "installed":
        candidates = _installed(account)
        if not candidates:
            raise ServerProgramsError(
                "no PostgreSQL server of version 13 or newer is installed on this machine",
                'install one (apt-get install postgresql), or use provider = "embedded"',
            )
    else:
        try:
            embedded = embedded_programs(account)
        except ServerProgramsError:
            candidates = _installed(account)
            if not candidates:
                raise
        else:
            if not embedded.missing_extensions(wanted):
                return embedded
            candidates = [embedded, *_installed(account)]
    for programs in candidates:
        if not programs.missing_extensions(wanted):
            return programs
    raise _without_extensions(candidates, wanted)


def _no_replicas(what: str) -> ReplicationError:
    return ReplicationError(
        f"{what} cannot be given replicas by Greenshift",
        'use an embedded or an installed one: ServerSettings(replication=True), provider = "embedded"',
    )


def _installed(account: Account) -> list[Programs]:
    return [programs for programs in installed_programs() if reachable(programs.path("initdb"), account)]


def _without_extensions(candidates: list[Programs], wanted: tuple[str, ...]) -> ServerProgramsError:
    best = min(candidates, key=lambda programs: len(programs.missing_extensions(wanted)))
    missing = ", ".join(best.missing_extensions(wanted))
    places = ", ".join(str(programs.bin_directory) for programs in candidates)
    return ServerProgramsError(
        f"no PostgreSQL here has the extension {missing} (looked at {places})",
        "install a server with it (Debian: apt-get install postgresql postgresql-contrib), or give the URL of one",
    )


def _kept(settings: ServerSettings, say: Say | None) -> Server | None:
    try:
        server = kept_server()
    except ServerError:
        if settings.provider == "kept":
            raise
        return None  # without a folder for its state there is none
    if server is None:
        if settings.provider == "kept":
            raise ServerError("no server is kept running", "start one: greenshift up")
        return None
    mismatch = server.mismatch(settings)
    if mismatch is None:
        return server
    if settings.provider == "kept":
        raise ServerError(f"the kept server does not suit: {mismatch}", "greenshift down, then greenshift up anew")
    if say is not None:
        say(f"not using the kept server: {mismatch}")
    return None


def _container_instead(settings: ServerSettings, missing: ServerProgramsError, say: Say | None) -> Server:
    try:
        return start_container(settings, say=say)
    except ServerError as error:
        raise ServerError(f"{missing.problem}; and {error.problem}", missing.fix) from None
