"""A server in a container, for machines with a container engine and no other PostgreSQL."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable
from secrets import token_urlsafe
from typing import Any

import psycopg

from greenshift.postgres.address import Address
from greenshift.postgres.errors import ServerError
from greenshift.postgres.server import Server
from greenshift.postgres.servers import tuning
from greenshift.postgres.servers.settings import ServerSettings

IMAGE = "postgres:17"
IMAGE_VARIABLE = "GREENSHIFT_POSTGRES_IMAGE"
START_TIMEOUT = 60.0
FIX_ENGINE = 'start Docker or another engine (DOCKER_HOST), or use provider = "embedded", which needs none'


class ContainerServer(Server):
    """A server in a container of this process; testcontainers removes it should the process be killed."""

    def __init__(self, container: Any, address: Address, version: int, start_seconds: float) -> None:
        super().__init__(address, provider="container", version=version, owned=True, start_seconds=start_seconds)
        self._container = container
        self._owner = os.getpid()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Remove the container. Does nothing in a forked child, nor the second time."""
        container = self._container
        if container is None or os.getpid() != self._owner:
            return
        self._container = None
        atexit.unregister(self.stop)
        container.stop()


def start_container(settings: ServerSettings, *, say: Callable[[str], None] | None = None) -> ContainerServer:
    """Start PostgreSQL in a container, from the image in ``GREENSHIFT_POSTGRES_IMAGE`` or ``postgres:17``.

    Args:
        settings: PostgreSQL's own settings are used; it always listens on a TCP port.
        say: is told in a few words what is going on.

    Raises:
        ServerError: testcontainers is not installed, no engine answers, or the server did not start.
    """
    began = time.perf_counter()
    try:
        from testcontainers.core.container import DockerContainer
    except ImportError:
        raise ServerError(
            "a server in a container needs the package testcontainers, which is not installed",
            'pip install "greenshift[containers]", or use provider = "embedded", which needs no container',
        ) from None
    image = os.environ.get(IMAGE_VARIABLE, IMAGE)
    if say is not None:
        say(f"starting {image} in a container")
    password = token_urlsafe(24)
    # Settings that depend on the version are left out: the image decides about it.
    options = {name: value for name, value in tuning.COMMON.items() if name not in ("timezone", "log_timezone")} | dict(
        settings.settings
    )
    command = ["postgres", *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))]
    try:
        container = (
            DockerContainer(image)
            .with_env("POSTGRES_PASSWORD", password)
            .with_env("POSTGRES_INITDB_ARGS", "--no-sync")
            .with_exposed_ports(5432)
            .with_kwargs(tmpfs={"/var/lib/postgresql": "rw"})
            .with_command(command)
        )
        container.start()
    except Exception as error:  # the engine's client raises a dozen unrelated types
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ServerError(f"no container could be started from {image}: {reason}", FIX_ENGINE) from None
    try:
        address = Address(
            container.get_container_host_ip(), int(container.get_exposed_port(5432)), "postgres", password
        )
        version = _wait(address)
    except BaseException:
        container.stop()
        raise
    return ContainerServer(container, address, version, time.perf_counter() - began)


def _wait(address: Address) -> int:
    limit = time.monotonic() + START_TIMEOUT
    while True:
        try:
            with Server(address, provider="container", version=0, owned=True).connect() as connection:
                return connection.info.server_version
        except psycopg.OperationalError as error:
            if time.monotonic() > limit:
                raise ServerError(
                    f"the server in the container did not answer: {str(error).splitlines()[0]}",
                    "look at the container's log (docker logs)",
                ) from None
            time.sleep(0.1)
