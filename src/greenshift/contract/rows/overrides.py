"""What the user says of columns: ``build = {User.email: ...}``."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from greenshift.contract.description import Model
from greenshift.contract.errors import ContractError

Build = Mapping[Any, Any]
Overrides = dict[tuple[str, str], Any]


def read_overrides(build: Build, models: Sequence[Model]) -> Overrides:
    """Read the user's values, by the names of model and attribute.

    Args:
        build: by ``User.email`` or its name ``"User.email"``: a value, or a callable that returns one; it may take the
            row's number, which is another in every row.
        models: all there are.

    Raises:
        ContractError: a key names no column of theirs.
    """
    known = {f"{model.name}.{column}": (model.name, column) for model in models for column in model.columns}
    names = {model.model: model.name for model in models}
    found: Overrides = {}
    for key, value in build.items():
        owner = getattr(key, "class_", None)
        name = key if isinstance(key, str) else f"{_name(owner, names)}.{getattr(key, 'key', '')}"
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ContractError(
                f"build names {name}, which is no column of the models",
                f"did you mean {near[0]}?" if near else "write it as User.email or 'User.email'",
            )
        found[known[name]] = value
    return found


def _name(owner: Any, names: Mapping[Any, str]) -> str:
    return names.get(owner, str(getattr(owner, "__name__", "")))


def value_of(override: Any, number: int) -> Any:
    """Return what the user wants in the row of a number."""
    if not callable(override):
        return override
    try:
        takes = len(inspect.signature(override).parameters)
    except (TypeError, ValueError):
        takes = 0
    return override(number) if takes else override()
