"""URLs of every driver as what libpq takes."""

from __future__ import annotations

import pytest

from greenshift.check.server.address import is_local, server_address


@pytest.mark.parametrize(
    ("url", "arguments"),
    [
        (
            "postgresql+asyncpg://shop:p%40ss@db.internal:6432/shop?ssl=require&prepared_statement_cache_size=0",
            {
                "host": "db.internal",
                "port": "6432",
                "user": "shop",
                "password": "p@ss",
                "dbname": "shop",
                "sslmode": "require",
            },
        ),
        ("postgresql+asyncpg://me@db/s?ssl=true", {"host": "db", "user": "me", "dbname": "s", "sslmode": "require"}),
        ("postgres://shop@db/shop", {"host": "db", "user": "shop", "dbname": "shop"}),
        ("postgresql:///shop?host=/var/run/postgresql", {"host": "/var/run/postgresql", "dbname": "shop"}),
        (
            "postgresql+psycopg2://shop@/shop?host=a:5433&host=b&sslmode=verify-full",
            {"host": "a,b", "port": "5433,5432", "user": "shop", "dbname": "shop", "sslmode": "verify-full"},
        ),
        ("postgresql+pg8000://shop@db/shop?unix_sock=/x&application_name=a", {
            "host": "db", "user": "shop", "dbname": "shop", "application_name": "a"
        }),
    ],
)  # fmt: skip
def test_arguments(url: str, arguments: dict[str, str]) -> None:
    assert server_address(url).arguments == arguments


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://shop:hunter2@db.internal:6432/shop", "db.internal:6432/shop"),
        ("postgresql://shop@[::1]/shop", "[::1]:5432/shop"),
        ("postgresql://shop@/?host=/run/postgresql", "/run/postgresql:5432/shop"),
        ("postgresql:///shop", "localhost:5432/shop"),
    ],
)
def test_for_people(url: str, shown: str) -> None:
    assert str(server_address(url)) == shown


@pytest.mark.parametrize(
    ("host", "address", "local"),
    [
        ("/run/postgresql", "", True),
        ("@abstract", "", True),
        ("localhost", "127.0.0.1", True),
        ("db", "127.9.9.9", True),
        ("localhost", "::1", True),
        ("db", "10.0.0.7", False),
        ("db", "192.168.1.7", False),
        ("db", "2001:db8::7", False),
    ],
)
def test_local(host: str, address: str, local: bool) -> None:
    assert is_local(host, address) is local
