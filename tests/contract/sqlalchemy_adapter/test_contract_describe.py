from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from contract.contract_models import Base, Colour

from greenshift.contract.description import ForeignKey, Model
from greenshift.contract.errors import ContractError
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {model.name: model for model in SQLAlchemyAdapter(Base).models()}


def test_every_class_is_described(models: dict[str, Model]) -> None:
    names = ["Article", "Author", "Employee", "Engineer", "Manager", "Membership", "Project", "Tag"]
    assert list(models) == names


def test_columns(models: dict[str, Model]) -> None:
    columns = models["Author"].columns
    assert columns["id"].is_generated
    assert columns["id"].is_key
    assert (columns["email"].length, columns["email"].is_unique) == (40, True)
    assert (columns["fee"].python_type, columns["fee"].precision, columns["fee"].scale) == (Decimal, 8, 2)
    assert columns["fee"].has_default
    assert not columns["fee"].is_server_default
    assert columns["colour"].choices == tuple(Colour)
    assert columns["seen"].has_time_zone
    assert columns["born"].python_type is dt.date
    assert columns["created"].is_server_default
    assert [column.name for column in models["Author"].required] == ["email", "age", "colour"]
    article = models["Article"].columns
    assert (article["words"].python_type, article["words"].item_type) == (list, str)
    assert article["extra"].json
    assert article["picture"].python_type is bytes
    assert not article["title_length"].is_writable
    assert article["author_id"].references == ("Author", "id")


def test_what_the_tables_declare(models: dict[str, Model]) -> None:
    assert models["Article"].uniques == (("author_id", "title"),)
    assert models["Author"].checks == ("age >= 18 AND age < 120",)
    keys = models["Membership"].foreign_keys
    assert keys[0] == ForeignKey(("employee_id",), "Employee", ("id",), is_deferred=True)
    assert (keys[1].columns, keys[1].target) == (("tenant", "number"), "Project")
    assert models["Membership"].is_association
    assert not models["Project"].is_association
    assert models["Article"].version == "version"


def test_relationships(models: dict[str, Model]) -> None:
    articles = models["Author"].relationships["articles"]
    assert articles.is_collection
    assert articles.deletes_orphans
    assert articles.local == (("id", "author_id"),)
    assert articles.loads == ("lazy", "awaitable", "eager", "joined")
    assert articles.back == "author"
    assert articles.needs == "selectinload(Author.articles)"
    assert models["Article"].relationships["tags"].through == "article_tag"
    assert not models["Tag"].relationships["children"].deletes_orphans


def test_inheritance(models: dict[str, Model]) -> None:
    assert models["Engineer"].parents == ("Employee",)
    assert models["Engineer"].discriminator == ("kind", "engineer")
    assert models["Engineer"].foreign_keys == ()
    assert models["Engineer"].columns["id"].is_generated
    assert models["Manager"].table == "employee"
    assert "language" not in models["Manager"].columns


def test_computed(models: dict[str, Model]) -> None:
    assert set(models["Author"].computed) == {"article_count", "is_old"}


def test_what_is_no_base() -> None:
    with pytest.raises(ContractError, match="no declarative base"):
        SQLAlchemyAdapter(object())
