"""A server in a container: chosen by name, and a clear error where it cannot be had."""

from __future__ import annotations

import builtins
import importlib
from typing import Any, ClassVar

import pytest

from greenshift.postgres import ServerError, ServerSettings, open_server
from greenshift.postgres.servers import container


def test_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    said: list[str] = []
    with pytest.raises(ServerError) as caught:
        open_server(ServerSettings(provider="container"), say=said.append)
    assert "no container could be started from postgres:17" in caught.value.problem
    assert "\n" not in caught.value.problem
    assert "Docker" in caught.value.fix
    assert said == ["starting postgres:17 in a container"]


def test_the_image_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    monkeypatch.setenv("GREENSHIFT_POSTGRES_IMAGE", "pgvector/pgvector:pg16")
    with pytest.raises(ServerError, match="pgvector/pgvector:pg16"):
        open_server(ServerSettings(provider="container"))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def no_testcontainers(name: str, *more: Any, **named: Any) -> Any:
        if name.startswith("testcontainers"):
            raise ModuleNotFoundError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", no_testcontainers)
    with pytest.raises(ServerError, match="testcontainers, which is not installed") as caught:
        open_server(ServerSettings(provider="container"))
    assert 'pip install "greenshift[containers]"' in caught.value.fix


class FakeContainer:
    """What testcontainers' container offers, with a server of another kind behind it."""

    address: Any = None
    instances: ClassVar[list[FakeContainer]] = []

    def __init__(self, image: str) -> None:
        self.image = image
        self.command: list[str] = []
        self.stopped = 0
        self.instances.append(self)

    def with_env(self, name: str, value: str) -> FakeContainer:
        return self

    def with_exposed_ports(self, *ports: int) -> FakeContainer:
        return self

    def with_kwargs(self, **options: Any) -> FakeContainer:
        return self

    def with_command(self, command: list[str]) -> FakeContainer:
        self.command = command
        return self

    def start(self) -> None:
        """Pretend that it runs."""

    def get_container_host_ip(self) -> str:
        return str(self.address.host)

    def get_exposed_port(self, port: int) -> str:
        return str(self.address.port)

    def stop(self) -> None:
        self.stopped += 1


def test_its_settings_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    behind = open_server(ServerSettings(provider="embedded", listen="tcp"))
    try:
        monkeypatch.setattr(FakeContainer, "address", behind.address)
        monkeypatch.setattr(FakeContainer, "instances", [])
        monkeypatch.setattr(container, "token_urlsafe", lambda _: behind.address.password)
        monkeypatch.setattr(importlib.import_module("testcontainers.core.container"), "DockerContainer", FakeContainer)
        server = open_server(ServerSettings(provider="container", settings={"work_mem": "9MB"}))
        (started,) = FakeContainer.instances
        assert {"fsync=off", "work_mem=9MB", "wal_level=minimal"} <= set(started.command)
        assert (server.provider, server.owned, server.version) == ("container", True, behind.version)
        server.stop()
        server.stop()
        assert started.stopped == 1
    finally:
        behind.stop()
