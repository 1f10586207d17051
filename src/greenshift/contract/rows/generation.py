"""The values of whole rows: the same for the same number, distinct where a table says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from greenshift.contract.description import Column, Model
from greenshift.contract.errors import RowError, TooFewValuesError
from greenshift.contract.rows.conditions import Condition, Conditions, read_conditions
from greenshift.contract.rows.overrides import Build, read_overrides, value_of
from greenshift.contract.rows.values import make_value

KINDS_OF_ROWS: Final = 3
_TRIES: Final = 60
_ATTEMPT_SPAN: Final = 16
# A condition may ask for documents of texts only.
_FLAT: Final = 2
_WITHOUT_PARENTS: Final = 4
_WITHOUT_NULLABLE: Final = 6


class RowValues:
    """Makes the values of rows, foreign keys aside.

    Args:
        models: all there are, by name.
        build: the user's values.

    Raises:
        ContractError: ``build`` names no column.
    """

    def __init__(self, models: Mapping[str, Model], build: Build) -> None:
        self._overrides = read_overrides(build, list(models.values()))
        self._conditions: dict[str, Conditions] = {
            name: read_conditions(model.checks) for name, model in models.items()
        }
        self._models = models
        self._attempts: dict[tuple[str, int], int] = {}
        self._rows: dict[tuple[str, int, int], dict[str, Any]] = {}
        self._used: dict[tuple[str, tuple[str, ...]], dict[Any, int]] = {}

    def choose(self, model: Model, number: int, attempt: int) -> None:
        """Take other values for the rows of a number from now on."""
        self._attempts[model.name, number % KINDS_OF_ROWS] = attempt

    def fills_optional(self, model: Model) -> bool:
        """Tell whether foreign keys that may be null lead somewhere."""
        return max(self._attempts.get((model.name, one), 0) for one in range(KINDS_OF_ROWS)) < _WITHOUT_PARENTS

    def conditions(self, model: Model) -> Conditions:
        """Return what the CHECK conditions of a model's tables ask for."""
        return self._conditions[model.name]

    def is_overridden(self, model: Model, column: Column) -> bool:
        """Tell whether the user decides a column's values."""
        return (model.name, column.name) in self._overrides

    def of(self, model: Model, number: int) -> dict[str, Any]:
        """Return the values of a row; columns with a default are left out, and so are foreign keys.

        Args:
            model: of which model.
            number: of the row, from 0.

        Raises:
            RowError: no value can be made for a column, or not that many distinct ones.
        """
        attempt = self._attempts.get((model.name, number % KINDS_OF_ROWS), 0)
        place = (model.name, number, attempt)
        if place not in self._rows:
            self._rows[place] = self._ordered(model, self._made(model, number, attempt))
        return dict(self._rows[place])

    def another(self, model: Model, column: Column, number: int, *, than: Any) -> Any:
        """Return a value for a column other than one it has.

        Args:
            model: of which model.
            column: its column.
            number: of the row.
            than: the value that it is not to be.

        Raises:
            RowError: there is no other.
        """
        if (model.name, column.name) in self._overrides:
            return value_of(self._overrides[model.name, column.name], number + 1000)
        for attempt in range(_TRIES):
            value = make_value(model.name, column, self._condition(model, column), 50_000 + number * _TRIES + attempt)
            if value != than and self._is_unused(model, (column.name,), value):
                return value
        raise RowError(f"there is no second value for {model.name}.{column.name}", "leave this test out for the model")

    def _is_unused(self, model: Model, columns: tuple[str, ...], value: Any) -> bool:
        return _hashable(value) not in self._used.get((_root(model), columns), {})

    def _condition(self, model: Model, column: Column) -> Condition:
        return self._conditions[model.name].columns.get(column.stored_name, Condition())

    def _made(self, model: Model, number: int, attempt: int) -> dict[str, Any]:
        referring = {name for key in model.foreign_keys for name in key.columns}
        distinct = {*model.keys, *(name for names in (*model.uniques, *model.partial_uniques) for name in names)}
        values: dict[str, Any] = {}
        for column in model.columns.values():
            self._see_that_enough(model, column, number)
            override = (model.name, column.name)
            if override in self._overrides:
                values[column.name] = value_of(self._overrides[override], number)
            elif column.is_generated or column.has_default or not column.is_writable or column.name in referring:
                continue
            elif column.is_nullable and attempt >= _WITHOUT_NULLABLE:
                values[column.name] = None
            elif column.is_unique or column.name in distinct:
                values[column.name] = self._distinct(model, column, number, attempt)
            else:
                seed = number % KINDS_OF_ROWS + 1000 * attempt
                values[column.name] = make_value(model.name, column, self._condition(model, column), seed)
                if column.json and attempt >= _FLAT and isinstance(values[column.name], dict):
                    values[column.name] = {"text": values[column.name].get("text", "")}
        return values

    def _see_that_enough(self, model: Model, column: Column, number: int) -> None:
        """See that a column that no two rows share has a value for the row of this number.

        Raises:
            TooFewValuesError: it has fewer values.
        """
        if self.is_overridden(model, column) or not _is_alone(model, column):
            return
        choices = column.choices or self._condition(model, column).choices
        if choices is not None and len(choices) and number >= len(choices) and not column.is_nullable:
            raise TooFewValuesError(
                f"{model.name}.{column.name} is unique and takes {len(choices)} value{'s' * (len(choices) > 1)} only, "
                "and this needs more rows",
                "leave these tests out, with that reason",
            )

    def _distinct(self, model: Model, column: Column, number: int, attempt: int) -> Any:
        used = self._used.setdefault((_root(model), (column.name,)), {})
        alone = _is_alone(model, column)
        if column.choices and alone:
            return column.choices[number] if number < len(column.choices) else None
        value: Any = None
        for one in range(_TRIES):
            seed = 100_000 + (number * _ATTEMPT_SPAN + attempt) * _TRIES + one
            value = make_value(model.name, column, self._condition(model, column), seed)
            if value is None or used.setdefault(_hashable(value), number) == number or not alone:
                return value
        raise RowError(
            f"not enough distinct values for {model.name}.{column.name}",
            f"give them: build = {{{model.name}.{column.name}: <callable that takes the row's number>}}",
        )

    def _ordered(self, model: Model, values: dict[str, Any]) -> dict[str, Any]:
        """Put values into the order that conditions between two columns ask for."""
        names = {column.stored_name: name for name, column in model.columns.items()}
        for first, second, may_be_equal in self._conditions[model.name].orders:
            small, large = names.get(first), names.get(second)
            if small not in values or large not in values or values[small] is None or values[large] is None:
                continue
            if values[large] < values[small]:
                values[small], values[large] = values[large], values[small]
            elif values[small] == values[large] and not may_be_equal:
                values[large] += timedelta(days=1) if isinstance(values[large], date) else 1
        return values


def _is_alone(model: Model, column: Column) -> bool:
    """Tell whether no two rows share a value of a column."""
    sets = (*model.uniques, *model.partial_uniques, model.keys)
    return column.is_unique or (column.name,) in sets


def _root(model: Model) -> str:
    """Return the topmost of a hierarchy, whose tables hold the rows of all."""
    return model.parents[-1] if model.parents else model.name


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value
