"""Values for one column, from polyfactory."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zlib
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from functools import cache
from random import Random
from typing import Annotated, Any, Final

from annotated_types import Ge, Le, MaxLen, MinLen
from polyfactory.exceptions import FactoryException
from polyfactory.factories import DataclassFactory
from polyfactory.value_generators.regex import RegexFactory

from greenshift.contract.description import Column
from greenshift.contract.errors import RowError
from greenshift.contract.rows.conditions import Condition, Literal

LARGEST_INTEGER: Final = 32_000
LONGEST_TEXT: Final = 24
_FIRST_MOMENT: Final = dt.datetime(2000, 1, 1)
_SECONDS: Final = 24 * 365 * 86_400
_PATTERNS: Final = {
    "INET": "192.0.2.{}",
    "CIDR": "192.0.{}.0/24",
    "MACADDR": "08:00:2b:01:02:{:02x}",
    "TSVECTOR": "'word{}'",
}

# What lies between the bounds of a range.
_RANGES: Final[dict[str, type[Any]]] = {
    "INT4RANGE": int,
    "INT8RANGE": int,
    "NUMRANGE": Decimal,
    "DATERANGE": dt.date,
    "TSRANGE": dt.datetime,
    "TSTZRANGE": dt.datetime,
}


def make_value(model: str, column: Column, condition: Condition, seed: int) -> Any:
    """Return a value that a column takes, the same for the same seed.

    Args:
        model: the model's name, for messages.
        column: the column.
        condition: what CHECK conditions ask of it.
        seed: decides which value.

    Raises:
        RowError: there is no way to a value of that type.
    """
    random = Random(zlib.crc32(f"{model}.{column.name}.{seed}".encode()))  # noqa: S311 - not for secrets
    if condition.must_be_null and column.is_nullable:
        return None
    if condition.choices is not None:
        return _choice(column, condition.choices, random)
    if column.choices:
        return random.choice([one for one in column.choices if one not in condition.excluded])
    database_type = column.database_type.upper()
    if database_type in _RANGES and column.python_type is not object:
        return _range(column, _RANGES[database_type], random)
    if database_type == "HSTORE":
        return {_built(str, random): _built(str, random), "nothing": None}
    maker = _MAKERS.get(column.python_type)
    if maker is not None:
        return maker(column, condition, random)
    pattern = _PATTERNS.get(database_type)
    if pattern is not None:
        return pattern.format(random.randint(1, 250))
    return _of_any_type(model, column, random)


def _choice(column: Column, choices: tuple[Literal, ...], random: Random) -> Any:
    chosen = random.choice(choices)
    for one in column.choices:
        if chosen in (getattr(one, "value", one), getattr(one, "name", one)):
            return one
    if column.python_type is Decimal:
        return Decimal(str(chosen))
    return bool(chosen) if column.python_type is bool else chosen


@cache
def _factory(kind: Any) -> type[DataclassFactory[Any]]:
    holder = dataclasses.make_dataclass("Holder", [("value", kind)])
    made: Any = DataclassFactory.create_factory(holder)
    return made  # type: ignore[no-any-return]


def _built(kind: Any, random: Random) -> Any:
    factory = _factory(kind)
    factory.seed_random(random.getrandbits(32))
    return factory.build().value


def _text(column: Column, condition: Condition, random: Random) -> str:
    if condition.pattern is not None:
        return RegexFactory(random)(condition.pattern)
    longest = min(column.length or LONGEST_TEXT, condition.max_length if condition.max_length is not None else 10**9)
    shortest = min(max(condition.min_length or 0, min(8, longest)), longest)
    text: str = _built(Annotated[str, MinLen(shortest), MaxLen(max(longest, shortest))], random)
    if "email" in column.name.lower() and longest >= len("a@example.org"):
        text = f"{text[: longest - len('@example.org')]}@example.org"
    return {"lower": text.lower(), "upper": text.upper()}.get(condition.case, text)


def _bounds(condition: Condition, lowest: float, highest: float, step: float) -> tuple[float, float]:
    if condition.minimum is not None:
        lowest = float(condition.minimum)
    if condition.above is not None:
        lowest = float(condition.above) + step
    if condition.maximum is not None:
        highest = float(condition.maximum)
    elif condition.below is not None:
        highest = float(condition.below) - step
    elif highest < lowest:
        highest = lowest + LARGEST_INTEGER
    return min(lowest, highest), highest


def _integer(column: Column, condition: Condition, random: Random) -> int:
    lowest, highest = _bounds(condition, 1, LARGEST_INTEGER, 1)
    value: int = _built(Annotated[int, Ge(int(lowest)), Le(int(highest))], random)
    return value + 1 if value in condition.excluded else value


def _number(column: Column, condition: Condition, random: Random) -> float:
    lowest, highest = _bounds(condition, 0, 1000, 0.125)
    # An eighth is exact in every binary format.
    return max(lowest, min(highest, round(random.uniform(lowest, highest) * 8) / 8))


def _decimal(column: Column, condition: Condition, random: Random) -> Decimal:
    scale = column.scale if column.scale is not None else 2
    step = Decimal(1).scaleb(-scale)
    limit = 10 ** (column.precision - scale) - float(step) if column.precision is not None else 1000.0
    lowest, highest = _bounds(condition, 0, min(limit, 10_000), float(step))
    value: Decimal = _built(Annotated[Decimal, Ge(Decimal(str(lowest))), Le(Decimal(str(highest)))], random)
    value = value.quantize(step, rounding=ROUND_DOWN)
    return max(value, Decimal(str(lowest)).quantize(step))


def _random_moment(random: Random) -> dt.datetime:
    """Return a time of these years; not polyfactory's, which counts from the clock."""
    return _FIRST_MOMENT + dt.timedelta(seconds=random.randrange(_SECONDS), microseconds=random.randrange(1_000_000))


def _moment(column: Column, condition: Condition, random: Random) -> dt.datetime:
    return _random_moment(random).replace(tzinfo=dt.UTC if column.has_time_zone else None)


def _day(column: Column, condition: Condition, random: Random) -> dt.date:
    return _random_moment(random).date()


def _time(column: Column, condition: Condition, random: Random) -> dt.time:
    return _random_moment(random).time().replace(tzinfo=dt.UTC if column.has_time_zone else None)


def _bytes(column: Column, condition: Condition, random: Random) -> bytes:
    return random.randbytes(min(column.length or 12, 12))


def _document(column: Column, condition: Condition, random: Random) -> dict[str, Any]:
    return {"text": _built(str, random), "number": random.randint(1, 1000), "list": [True, None], "nested": {"a": 1.5}}


def _range(column: Column, of: type[Any], random: Random) -> Any:
    """Return a range; a short one, since a table may want ranges that do not overlap."""
    lower: Any
    upper: Any
    if issubclass(of, dt.date):
        lower = _random_moment(random)
        lower = lower.replace(tzinfo=dt.UTC) if column.database_type.upper() == "TSTZRANGE" else lower
        lower = lower if of is dt.datetime else lower.date()
        upper = lower + dt.timedelta(days=random.randint(1, 3))
    else:
        lower = of(random.randint(1, LARGEST_INTEGER))
        upper = lower + random.randint(1, 3)
    return column.python_type(lower, upper)


def _items(column: Column, condition: Condition, random: Random) -> list[Any]:
    inner = column.dimensions > 1
    item = dataclasses.replace(
        column,
        python_type=list if inner else column.item_type or object,
        item_type=column.item_type if inner else None,
        dimensions=column.dimensions - 1,
        is_nullable=False,
    )
    length = max(condition.min_length or 0, min(2, condition.max_length or 2))
    return [make_value("item", item, Condition(), random.getrandbits(30)) for _ in range(length)]


def _of_any_type(model: str, column: Column, random: Random) -> Any:
    try:
        if column.python_type is object:
            raise TypeError("no Python type is known")
        return _built(column.python_type, random)
    except (FactoryException, TypeError, ValueError) as error:
        if column.is_nullable:
            return None
        raise RowError(
            f"no value can be made for {model}.{column.name} ({column.database_type})",
            f"give one: build = {{{model}.{column.name}: <value or callable>}}",
        ) from error


_MAKERS: Final[dict[type[Any], Callable[[Column, Condition, Random], Any]]] = {
    str: _text,
    int: _integer,
    float: _number,
    Decimal: _decimal,
    bool: lambda column, condition, random: random.random() < 0.5,
    dt.datetime: _moment,
    dt.date: _day,
    dt.time: _time,
    dt.timedelta: lambda column, condition, random: dt.timedelta(seconds=random.randint(1, 100_000)),
    bytes: _bytes,
    dict: _document,
    list: _items,
}
