"""Which driver takes what the code gives to columns: asyncpg is strict about types, psycopg is not.

psycopg2 wrote values into the SQL, and PostgreSQL read them as what the column is. asyncpg asks the server what each
parameter is, and raises ``DataError`` for a value of another Python type; psycopg 3 sends text that PostgreSQL reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from greenshift.shift.binding.columns import AWARE
from greenshift.shift.binding.places import defaults, given_values
from greenshift.shift.binding.values import NAIVE, ValueTypes
from greenshift.shift.kinds import Kinds
from greenshift.shift.project import Place

REFUSED = {
    "int": {"str", "float"},
    "float": {"str"},
    "str": {"int", "float", "date", NAIVE, AWARE},
    "date": {"str"},
    NAIVE: {"str", AWARE},
    AWARE: {"str"},
}
"""Types that asyncpg refuses, by the column's type."""
_PSYCOPG_3 = re.compile(r"postgresql\+psycopg(?:_async)?\b")
_OLD_DRIVERS = re.compile(r"psycopg2|pg8000")


@dataclass(frozen=True, slots=True, order=True)
class Bound:
    """A value that asyncpg refuses.

    Attributes:
        place: Where it is given.
        type: Its type.
        column: The column, as ``Item.price``.
        column_type: The column's type.
    """

    place: Place
    type: str
    column: str
    column_type: str

    def __str__(self) -> str:
        return f"{_article(self.type)} is given to {self.column}, {_article(self.column_type)}"


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver for PostgreSQL that suits the code.

    Attributes:
        name: Its name.
        because: The values that asyncpg refuses, if they decided it.
    """

    name: Literal["asyncpg", "psycopg"]
    because: list[Bound] = field(default_factory=list)


def driver_for(kinds: Kinds) -> Driver:
    """Return the async driver that takes what the code gives to columns.

    Args:
        kinds: The analysis.
    """
    refused = refused_by_asyncpg(kinds)
    if refused:
        return Driver("psycopg", refused)
    texts = [module.source.text for module in kinds.project.modules]
    has_psycopg_3 = any(_PSYCOPG_3.search(one) for one in texts) and not any(_OLD_DRIVERS.search(one) for one in texts)
    return Driver("psycopg" if has_psycopg_3 else "asyncpg")


def refused_by_asyncpg(kinds: Kinds) -> list[Bound]:
    """Return the values that asyncpg refuses, as far as the code tells their types.

    Args:
        kinds: The analysis.
    """
    types = ValueTypes(kinds)
    found: set[Bound] = set()
    for module in kinds.project.modules:
        for is_default, places in ((True, defaults(kinds, module)), (False, given_values(kinds, module))):
            for value, cls, name in places:
                column_type = types.columns(cls).get(name, "")
                refused = REFUSED.get(column_type)
                if refused is None:
                    continue
                for one in (types.given(value) if is_default else types.of(value)) & refused:
                    found.add(Bound(module.source.place(value), one, f"{cls.name}.{name}", column_type))
    return sorted(found)


def _article(text: str) -> str:
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
