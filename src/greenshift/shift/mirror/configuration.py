"""``[tool.greenshift.mirror]``: which names of the sync API are which of the async one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from greenshift.errors import ConfigurationError

KEYS = ("names", "awaited")


@dataclass(frozen=True)
class MirrorConfiguration:
    """How a project's mirrors are made.

    Attributes:
        names: What is called what: ``User`` to ``AsyncUser``, ``records.DBModel`` to ``records.AsyncDBModel``.
        awaited: Classes whose instances, as attributes of a class, give what must be awaited: ``LazyAttribute``.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()


def read_mirror(table: Mapping[str, Any]) -> MirrorConfiguration:
    """Validate the table ``[tool.greenshift.mirror]``.

    Args:
        table: The table as it is written.

    Raises:
        ConfigurationError: A key is unknown, or a value has the wrong type or is no name.
    """
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(KEYS)}"
            raise ConfigurationError(f"[tool.greenshift.mirror] has the unknown key {key!r}", hint)
    names = table.get("names", {})
    if not isinstance(names, Mapping):
        raise ConfigurationError(
            "'names' of [tool.greenshift.mirror] is not a table", 'write for example names = { User = "AsyncUser" }'
        )
    for old, new in names.items():
        if not isinstance(new, str) or not _is_dotted(new) or not _is_dotted(old):
            raise ConfigurationError(
                f"'names' of [tool.greenshift.mirror]: {old!r} = {new!r} is no pair of dotted names",
                'write for example names = { "app.db.engine" = "app.db.async_engine" }',
            )
    awaited = table.get("awaited", [])
    awaited = [awaited] if isinstance(awaited, str) else awaited
    if not isinstance(awaited, list) or not all(isinstance(one, str) and _is_dotted(one) for one in awaited):
        raise ConfigurationError(
            "'awaited' of [tool.greenshift.mirror] is no list of classes", 'write awaited = ["records.LazyAttribute"]'
        )
    return MirrorConfiguration(dict(names), frozenset(one.rpartition(".")[2] for one in awaited))


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
