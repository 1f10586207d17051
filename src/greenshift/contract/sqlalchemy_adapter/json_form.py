"""The models' own way to JSON, if they have one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

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
    if getattr(model, "model_config", {}).get("table"):
        return _read_by_fields(model, columns, text)
    read = validate(text)
    return {name: getattr(read, name) for name in columns if hasattr(read, name)}


def _read_by_fields(model: type[Any], columns: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    """Return what each field's own type reads: a table of SQLModel takes values as they are, without validation.

    https://sqlmodel.tiangolo.com/tutorial/fastapi/multiple-models/#inheritance-and-table-models
    """
    from pydantic import TypeAdapter  # only where models bring it

    read: dict[str, Any] = {}
    for name, value in json.loads(text).items():
        field = model.model_fields.get(name)
        if name in columns and field is not None:
            kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            read[name] = TypeAdapter(kind).validate_json(json.dumps(value))
    return read
