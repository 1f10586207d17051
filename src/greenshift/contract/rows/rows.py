"""Rows and the rows that they need, sent through a session of the models'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from greenshift.contract.adapter import Adapter, Ground, Record, Session
from greenshift.contract.description import Column, ForeignKey, Model
from greenshift.contract.errors import RowError, TooFewValuesError
from greenshift.contract.rows.circles import closing_keys, is_optional
from greenshift.contract.rows.conditions import Condition, Conditions
from greenshift.contract.rows.generation import RowValues
from greenshift.contract.rows.overrides import Build
from greenshift.contract.rows.values import make_value

ATTEMPTS: Final = 8
# Rows of higher numbers differ from these in what must be unique only.
PROVED: Final = 3
# Keys that are decided here, beyond those that sequences reach in a test; a smallint holds them, too.
_FIRST_IN_CIRCLE: Final = 30_000


@dataclass(frozen=True)
class MadeRow:
    """A row that was made.

    Attributes:
        model: of which model.
        record: what the session returned.
        values: what it was told to store.
        parents: the rows that foreign keys lead to, made for this one, by the foreign key's columns.
    """

    model: Model
    record: Record
    values: Mapping[str, Any]
    parents: Mapping[tuple[str, ...], MadeRow] = field(default_factory=dict)


class Rows:
    """Makes rows of any of the models, parents first.

    Args:
        adapter: the way to the models.
        build: the user's values.

    Raises:
        ContractError: ``build`` names no column.
    """

    def __init__(self, adapter: Adapter, build: Build | None = None) -> None:
        self._adapter = adapter
        self.models = {model.name: model for model in adapter.models()}
        self._values = RowValues(self.models, build or {})
        self._proved: set[str] = set()
        self._failed: dict[str, RowError] = {}
        self._numbers: dict[str, int] = {}
        self._circles = closing_keys(self.models)

    def restart(self) -> None:
        """Begin again with the first rows: the database is empty again."""
        self._numbers.clear()

    def parents_needed(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Return the models without rows of which a model can have none."""
        found: frozenset[str] = frozenset()
        for key in self.models[name].foreign_keys:
            if key in self._circles[name]:
                continue
            if key.target and key.target not in seen | found and not is_optional(self.models[name], key):
                found |= {key.target} | self.parents_needed(key.target, seen | found | {key.target, name})
        return found

    def is_in_a_circle(self, model: Model) -> bool:
        """Tell whether a row of a model needs others that lead back to each other, of whichever models."""
        return any(self._circles[name] for name in (model.name, *self.parents_needed(model.name)))

    async def prove(self, ground: Ground, model: Model) -> None:
        """See that the database takes rows of a model, and of those that it needs; none of them stays.

        Args:
            ground: the database.
            model: the model.

        Raises:
            RowError: it takes none of several, or none can be made; the same again at every later call.
        """
        if model.name in self._failed:
            raise self._failed[model.name]
        if model.name in self._proved:
            return
        self._proved.add(model.name)
        try:
            for key in model.foreign_keys:
                target = self.models.get(key.target)
                if target is not None and target.name != model.name:
                    await self._prove_parent(ground, model, key, target)
            for number in range(PROVED):
                try:
                    await self._prove_row(ground, model, number)
                except TooFewValuesError:
                    if number == 0:
                        raise
                    break
        except RowError as error:
            self._failed[model.name] = error
            raise

    async def _prove_parent(self, ground: Ground, model: Model, key: ForeignKey, target: Model) -> None:
        try:
            await self.prove(ground, target)
        except RowError:
            # Without one the column stays null.
            if not is_optional(model, key):
                raise

    async def _prove_row(self, ground: Ground, model: Model, number: int) -> None:
        refused: Exception | None = None
        for attempt in range(ATTEMPTS):
            self._values.choose(model, number, attempt)
            self._numbers = {model.name: number}
            try:
                async with ground.session() as session:
                    await self.insert(session, model)
                    await session.rollback()
            except RowError as error:
                refused = error
            except Exception as error:
                if self._adapter.is_refusal(error) is None:
                    raise
                refused = error
            else:
                return
            finally:
                self._numbers = {}
        if isinstance(refused, RowError):
            raise refused
        raise RowError(
            f"the database took none of {ATTEMPTS} rows made for {model.name}: {str(refused).splitlines()[0]}",
            f"say what it takes: build = {{{model.name}.<column>: <value or callable>}}",
        ) from refused

    def values(self, model: Model) -> dict[str, Any]:
        """Return the values of a further row, which is not made; foreign keys and defaults are left out."""
        return self._values.of(model, self._next(model))

    def another(self, model: Model, column: Column, *, than: Any) -> Any:
        """Return a value for a column other than one it has.

        Raises:
            RowError: there is none.
        """
        return self._values.another(model, column, self._next(model), than=than)

    def conditions(self, model: Model) -> Conditions:
        """Return what the CHECK conditions of a model's tables ask for."""
        return self._values.conditions(model)

    def is_overridden(self, model: Model, column: Column) -> bool:
        """Tell whether the user decides a column's values."""
        return self._values.is_overridden(model, column)

    def _next(self, model: Model) -> int:
        number = self._numbers.get(model.name, 0)
        self._numbers[model.name] = number + 1
        return number

    async def insert(self, session: Session, model: Model, given: Mapping[str, Any] | None = None) -> MadeRow:
        """Make a row, and first the rows that it needs.

        Args:
            session: in which.
            model: of which model.
            given: values of columns that the caller decides.

        Raises:
            RowError: a row that it needs cannot be made.
        """
        return await self._insert(session, model, given or {}, {}, (model.name,))

    async def prepare(
        self, session: Session, model: Model, given: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """Make the rows that a row needs, and return the row's values without sending it."""
        values, _ = await self._prepare(session, model, given or {}, {}, (model.name,))
        return values

    async def _insert(
        self, session: Session, model: Model, given: Mapping[str, Any], made: dict[Any, MadeRow], path: tuple[str, ...]
    ) -> MadeRow:
        if model.name in self._failed:
            raise self._failed[model.name]
        values, parents = await self._prepare(session, model, given, made, path)
        return MadeRow(model, await session.insert(model, values), values, parents)

    async def _prepare(
        self, session: Session, model: Model, given: Mapping[str, Any], made: dict[Any, MadeRow], path: tuple[str, ...]
    ) -> tuple[dict[str, Any], dict[tuple[str, ...], MadeRow]]:
        values = {**self._values.of(model, self._next(model)), **given}
        parents: dict[tuple[str, ...], MadeRow] = {}
        reached: dict[str, int] = {}
        # The longest keys first: a shorter one that shares a column must lead to what they decided.
        for key in sorted(model.foreign_keys, key=lambda one: -len(one.columns)):
            if all(name in values for name in key.columns):
                continue
            parent = await self._parent(session, model, key, made, path, reached)
            if parent is None:
                values |= dict.fromkeys((name for name in key.columns if name not in values), None)
                continue
            parents[key.columns] = parent
            there = await session.values(parent.model, parent.record)
            for name, target in zip(key.columns, key.target_columns, strict=True):
                values.setdefault(name, there[target])
        return values, parents

    async def _parent(
        self,
        session: Session,
        model: Model,
        key: ForeignKey,
        made: dict[Any, MadeRow],
        path: tuple[str, ...],
        reached: dict[str, int],
    ) -> MadeRow | None:
        if key in self._circles[model.name]:
            known = made.get((key.target, 0))
            return known if known is not None else await self._in_a_circle(session, model, key)
        optional = is_optional(model, key)
        needed = {key.target} | (self.parents_needed(key.target) if key.target else frozenset())
        circular = bool(needed & {one for name in path for one in (name, *self.models[name].parents)})
        wanted = len(path) == 1 and self._values.fills_optional(model)
        if optional and (not key.target or circular or not wanted or key.target in self._failed):
            return None
        if not key.target or circular:
            raise RowError(
                f"{model.name}.{key.columns[0]} "
                + (
                    "leads in a circle of keys that may not be null" if circular else "leads to a table without a model"
                ),
                f"give its value: build = {{{model.name}.{key.columns[0]}: <value or callable>}}",
            )
        # Two keys to one table lead to two rows; the same table reached in two ways is one row.
        place = (key.target, reached.get(key.target, 0))
        reached[key.target] = place[1] + 1
        if place not in made:
            target = self.models[key.target]
            made[place] = await self._insert(session, target, {}, made, (*path, key.target))
        return made[place]

    async def _in_a_circle(self, session: Session, model: Model, key: ForeignKey) -> MadeRow:
        """Make a row that another row of a model leads to, which this one needs in turn.

        The other is made first, by a key that is decided here; the database looks at the end of the transaction.
        """
        target = self.models[key.target]
        number = self._next_in_circle(target)
        columns = [target.columns[name] for name in key.target_columns]
        reserved = {
            one.name: _FIRST_IN_CIRCLE + number
            if one.python_type is int
            else make_value(target.name, one, Condition(), _FIRST_IN_CIRCLE + number)
            for one in columns
        }
        given = {name: reserved[there] for name, there in zip(key.columns, key.target_columns, strict=True)}
        values, parents = await self._prepare(session, model, given, {}, (model.name,))
        first = MadeRow(model, await session.insert(model, values), values, parents)
        return await self._insert(session, target, reserved, {(model.name, 0): first}, (target.name,))

    def _next_in_circle(self, target: Model) -> int:
        place = f"{target.name} in a circle"
        self._numbers[place] = self._numbers.get(place, 0) + 1
        return self._numbers[place]
