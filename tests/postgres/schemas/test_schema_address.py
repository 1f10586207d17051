from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict

from greenshift.postgres import Address
from greenshift.postgres.schemas.address import SchemaAddress, path_of, search_path_in, with_search_path

PLAIN = Address(
    "db.example.org", 5432, "anna", "p@ss", {"sslmode": "require", "options": "-c search_path=a,b -c jit=off"}
)


@pytest.mark.parametrize("driver", [None, "psycopg", "psycopg2"])
def test_libpq_drivers_get_the_search_path_from_the_url(driver: str | None) -> None:
    url = SchemaAddress.of(PLAIN, 'greenshift_x,"My Own"').url("shop", driver)
    query = parse_qs(urlsplit(url).query)
    assert query == {"sslmode": ["require"], "options": ['-c jit=off -csearch_path=greenshift_x,"My\\ Own"']}
    assert "+" not in url.partition("?")[2]


def test_libpq_reads_its_url() -> None:
    address = SchemaAddress.of(PLAIN, 'greenshift_x,"My Own"')
    assert conninfo_to_dict(address.url("shop"))["options"] == address.options
    assert address.connection_arguments("shop")["options"] == address.options


@pytest.mark.parametrize(("driver", "word"), [("asyncpg", "ssl"), ("pg8000", "sslmode")])
def test_other_drivers_would_stumble_over_it(driver: str, word: str) -> None:
    url = SchemaAddress.of(PLAIN, "greenshift_x,public").url("shop", driver)
    assert parse_qs(urlsplit(url).query) == {word: ["require"]}


def test_options_are_read_as_libpq_does() -> None:
    assert search_path_in("-c jit=off") is None
    assert search_path_in("-c search_path=a --search_path=b,c -c jit=off") == "b,c"
    options = with_search_path("-c jit=off", path_of("x", ['"My Own"', "public"]))
    assert search_path_in(options) == 'x,"My Own",public'
