"""Which relationships the code goes on to read from the one that was not loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, mapped_column, relationship

from greenshift.explain.attribute.reach import reached
from greenshift.explain.editing.source import read_source


class Base(DeclarativeBase):
    pass


class City(Base):
    __tablename__ = "city"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    city: Mapped[City] = relationship()
    birthplace: Mapped[City] = relationship(viewonly=True)
    accounts: Mapped[list[Account]] = relationship(back_populates="owner")
    log: WriteOnlyMapped[Account] = relationship(viewonly=True)


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship(back_populates="accounts")


SAMPLES = {
    "no further": ("account.owner.name", ["owner"]),
    "one step": ("account.owner.city.name", ["owner.city"]),
    "two from one": ("f'{account.owner.city} {account.owner.birthplace}'", ["owner.birthplace", "owner.city"]),
    "round and round": ("account.owner.accounts[0].owner.city.name", ["owner.accounts.owner.city"]),
    "a comprehension": ("[one.owner.city for one in account.owner.accounts]", ["owner.accounts.owner.city"]),
    "a generator in a call": ("sum(one.id for one in account.owner.accounts)", ["owner.accounts"]),
    "a column of that name elsewhere": ("account.owner.id + city.name", ["owner"]),
    "a method": ("account.owner.city.upper()", ["owner.city"]),
    "write-only": ("account.owner.log.select()", ["owner"]),
    "a dict": ("{'owner': account.owner, 'city': account.owner.city.name}", ["owner.city"]),
}


def paths(folder: Path, code: str, line: int) -> list[str]:
    path = folder / "sample.py"
    path.write_text(code)
    source = read_source(str(path))
    assert source is not None
    found = reached(source, line, inspect(Account), "owner", ["account"])
    return [".".join(key for _, key in path) for path in found]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_expression_is_followed(name: str, tmp_path: Path) -> None:
    code, expected = SAMPLES[name]
    assert paths(tmp_path, f"def f(account):\n    return {code}\n", 2) == expected


def test_a_variable_is_followed_through_the_function(tmp_path: Path) -> None:
    code = "def f(account, other):\n    owner = account.owner\n    print(other.city)\n    return owner.city.name\n"
    assert paths(tmp_path, code, 2) == ["owner.city"]


def test_a_loop_is_followed_into_its_body(tmp_path: Path) -> None:
    code = "def f(account):\n    for one in account.owner.accounts:\n        print(one.owner.birthplace)\n"
    assert paths(tmp_path, code, 2) == ["owner.accounts.owner.birthplace"]


def test_another_line_is_not_looked_at(tmp_path: Path) -> None:
    code = "def f(account):\n    print(account.owner)\n    print(account.owner.city)\n"
    assert paths(tmp_path, code, 2) == ["owner"]


def test_code_that_goes_in_circles_ends(tmp_path: Path) -> None:
    code = "def f(account):\n    one = account.owner\n    while one:\n        one = one.accounts[0].owner\n"
    [path] = paths(tmp_path, code, 2)
    assert path.startswith("owner.accounts.owner")
