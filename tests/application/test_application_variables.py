"""The variables that lead to a database, and their forms."""

from __future__ import annotations

from greenshift.application.variables import filled, forms_of, is_template
from greenshift.config import Config
from greenshift.postgres import Address

ADDRESS = Address("127.0.0.1", 5433, "someone", "pass {user}")


def test_the_places_are_filled_and_other_braces_stay() -> None:
    template = '{"host": "{host}:{port}", "login": "{user}/{password}", "name": "{database}", "url": "{url}"}'
    assert filled(template, ADDRESS, "shop", "postgresql://u") == (
        '{"host": "127.0.0.1:5433", "login": "someone/pass {user}", "name": "shop", "url": "postgresql://u"}'
    )


def test_a_driver_or_json_is_no_template() -> None:
    assert is_template("{url}?x=1")
    assert not is_template("asyncpg")
    assert not is_template('{"a": 1}')


def test_one_variable_leads_there_where_none_is_named() -> None:
    assert forms_of(Config()) == {"DATABASE_URL": None}
    assert forms_of(Config(env={"DB": "psycopg", "HOST": "{host}"})) == {"DB": "psycopg", "HOST": "{host}"}
