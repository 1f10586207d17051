"""Objects of a running application as the values that rules look at; secrets stay behind."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL

from greenshift.check.facts import Symbol, Text, Value

_SECRET: Final = re.compile(
    r"(?:^|_|ssl)(?:password|passwd|passphrase|pwd|secret|api_?key|(?:access|auth|bearer)_token)$|^token$", re.I
)
# What their submodules define is imported from these.
_PUBLIC: Final = ("sqlalchemy.pool", "sqlalchemy.orm", "sqlalchemy.ext.asyncio")
_MASK: Final = "***"


def is_secret(name: str) -> bool:
    """Return whether an argument's name says that its value is a secret.

    Args:
        name: the argument's name.
    """
    return _SECRET.search(name) is not None


def value_of(given: Any, name: str = "") -> Value:
    """Return an object as a value.

    Args:
        given: any object.
        name: the argument's name; a secret's value is not kept.
    """
    if given is not None and is_secret(name):
        return Value.of(_MASK)
    if isinstance(given, enum.Enum):
        given = given.value
    if given is None or isinstance(given, bool | int | float):
        return Value.of(given)
    if isinstance(given, str):
        return Value.of(str(given))
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return Value.of({key: value_of(item, key) for key, item in given.items()})
    if isinstance(given, list | tuple):
        return Value.of(tuple(value_of(item) for item in given))
    if isinstance(given, type) or (hasattr(given, "__qualname__") and hasattr(given, "__module__")):
        return Value.of(symbol_of(given))
    return Value(unknown=f"an object: {type(given).__name__}")


def symbol_of(named: Any) -> Symbol:
    """Return the name under which a class or function is imported.

    Args:
        named: the class or function.
    """
    module = str(named.__module__)
    for package in _PUBLIC:
        if module.startswith(f"{package}."):
            module = package
    return Symbol(f"{module}.{named.__qualname__}")


def url_value(url: URL) -> Value:
    """Return a URL; its password, and secrets among its parameters, are pieces that are not known.

    Args:
        url: the engine's.
    """
    # A parameter that may be given several times is a tuple.
    hidden = {key: _MASK if is_secret(key) else item for key, item in url.query.items()}
    shown = url.set(query=hidden).render_as_string(hide_password=True)
    parts = shown.replace(quote(_MASK, safe=""), _MASK).split(_MASK)
    pieces: list[str | None] = [parts[0]]
    for part in parts[1:]:
        pieces += [None, part]
    return Value.of(shown if len(pieces) == 1 else Text(tuple(pieces)))
