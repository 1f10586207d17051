from __future__ import annotations

import pytest

from greenshift.observe.top.address import ApplicationAddress, DatabaseAddress, read_address
from greenshift.observe.top.errors import TopError


@pytest.mark.parametrize(
    ("url", "shown", "target"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "/greenshift.json"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000", "/greenshift.json"),
        ("http://app/observe/", "http://app:80/observe", "/observe/greenshift.json"),
        ("https://app/observe/greenshift.json", "https://app:443/observe", "/observe/greenshift.json"),
        ("http://me:geheim@app:81/?token=geheim", "http://app:81", "/greenshift.json?token=geheim"),
        ("http://[::1]:8000", "http://[::1]:8000", "/greenshift.json"),
    ],
)
def test_an_application(url: str, shown: str, target: str) -> None:
    address = read_address(url)
    assert isinstance(address, ApplicationAddress)
    assert (address.shown, address.target) == (shown, target)
    assert "geheim" not in repr(address)


@pytest.mark.parametrize(
    ("url", "shown", "arguments"),
    [
        ("postgresql://me:geheim@db:5433/app", "db:5433/app", {"host": "db", "port": "5433", "dbname": "app"}),
        ("postgresql+asyncpg://me:geheim@db/app?ssl=require", "db:5432/app", {"sslmode": "require"}),
        ("postgresql+psycopg://me:geheim@db/app?prepared_statement_cache_size=0", "db:5432/app", {"user": "me"}),
        ("postgres://me:gehe%40im@db", "db:5432/me", {"password": "gehe@im"}),
        ("postgresql:///app?host=/run/pg&port=6000", "/run/pg:6000/app", {"host": "/run/pg", "port": "6000"}),
        ("postgresql://[::1]/app", "[::1]:5432/app", {"host": "::1"}),
    ],
)
def test_a_database(url: str, shown: str, arguments: dict[str, str]) -> None:
    address = read_address(url)
    assert isinstance(address, DatabaseAddress)
    assert address.shown == shown
    assert arguments.items() <= address.arguments.items()
    assert "geh" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://me:geheim@host",
        "mysql://me:geheim@host/db",
        "http://",
        "http://me:geheim@host:port",
        "postgresql://me:geheim@host:port/db",
        "postgresql://me:geheim@[::1/db",
    ],
)
def test_anything_else_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(TopError) as refused:
        read_address(url)
    assert len(str(refused.value).splitlines()) == 2
    assert "postgresql://" in refused.value.fix
    assert "geheim" not in str(refused.value)
