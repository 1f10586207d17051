"""The models' own way to JSON, if they have one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

# Of SQLModel and pydantic, then the names that projects give their own.
_TEXTS = ("model_dump_json", "to_json")
_MAPPINGS = ("to_json_dict", "to_dict", "as_dict", "model_dump")


def has_json(model: type[Any]) -> bool:
    """Tell whether records can turn themselves into JSON."""
    return any(callable(getattr(model, name, None)) for name in (*_TEXTS, *_MAPPINGS))


def to_json(record: Any) -> str | None:
    """Return a record as JSON by its own method; None if it has none."""
    for name in _TEXTS:
        method: Callable[[], Any] | None = getattr(record, name, None)
        if callable(method):
            made = method()
            return made if isinstance(made, str) else json.dumps(made, default=str)
    for name in _MAPPINGS:
        method = getattr(record, name, None)
        if callable(method):
            return json.dumps(method(), default=str)
    return None


def from_json(model: type[Any], columns: Mapping[str, Any], text: str) -> Mapping[str, Any] | None:
    """Return the values that a model reads from such JSON; None if it has no method for that.

    Args:
        model: the class.
        columns: whose names are wanted.
        text: what ``to_json`` returned.
    """
    validate = getattr(model, "model_validate_json", None)
    if not callable(validate):
        return None
    read = validate(text)
    return {name: getattr(read, name) for name in columns if hasattr(read, name)}
