"""Foreign keys that may not be null and lead in a circle."""

from __future__ import annotations

from collections.abc import Mapping

from greenshift.contract.description import ForeignKey, Model


def is_optional(model: Model, key: ForeignKey) -> bool:
    """Tell whether a row can be without what a foreign key leads to."""
    columns = [model.columns[name] for name in key.columns]
    return any(column.is_nullable for column in columns) or all(column.has_default for column in columns)


def closing_keys(models: Mapping[str, Model]) -> Mapping[str, frozenset[ForeignKey]]:
    """Return each model's keys that close a circle and are checked at commit only: there a row may come too early.

    Args:
        models: all there are, by name.
    """
    return {
        name: frozenset(key for key in model.foreign_keys if _closes(models, model, key))
        for name, model in models.items()
    }


def _closes(models: Mapping[str, Model], model: Model, key: ForeignKey) -> bool:
    target = models.get(key.target)
    if target is None or not key.is_deferred or is_optional(model, key):
        return False
    if key.target_columns != target.keys or any(target.columns[name].references for name in target.keys):
        return False
    reached = {target.name}
    todo = [target]
    while todo:
        last = todo.pop()
        found = {one.target for one in last.foreign_keys if one.target in models and not is_optional(last, one)}
        todo += [models[name] for name in found - reached]
        reached |= found
    return model.name in reached
