from __future__ import annotations

import pytest

from greenshift.postgres import Address


@pytest.mark.parametrize(
    ("address", "driver", "url"),
    [
        (Address("db.example.com", 5432, "anna"), None, "postgresql://anna@db.example.com:5432/shop"),
        (
            Address("::1", 5432, "anna", "p@ss/word"),
            "psycopg",
            "postgresql+psycopg://anna:p%40ss%2Fword@[::1]:5432/shop",
        ),
        (Address("/run/pg", 5433, "anna"), "asyncpg", "postgresql+asyncpg://anna@/shop?host=/run/pg&port=5433"),
        (
            Address("h", 1, "a", None, {"sslmode": "require", "sslrootcert": "ca.pem"}),
            "psycopg",
            "postgresql+psycopg://a@h:1/shop?sslmode=require&sslrootcert=ca.pem",
        ),
        (
            Address("h", 1, "a", None, {"sslmode": "require", "sslrootcert": "ca.pem"}),
            "asyncpg",
            "postgresql+asyncpg://a@h:1/shop?ssl=require",
        ),
    ],
)
def test_url(address: Address, driver: str | None, url: str) -> None:
    assert address.url("shop", driver) == url


def test_connection_arguments_carry_the_password_and_the_parameters() -> None:
    address = Address("h", 1, "a", "secret", {"sslmode": "require"})
    assert address.connection_arguments("shop") == {
        "host": "h",
        "port": 1,
        "user": "a",
        "dbname": "shop",
        "password": "secret",
        "sslmode": "require",
    }


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Address("h", 1, "a", "secret"))
