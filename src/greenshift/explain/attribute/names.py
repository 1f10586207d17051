"""What a mapped class is called in a file of the user's, and what must be imported to call it anything."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from greenshift.explain.editing.imports import bound
from greenshift.explain.editing.source import Source


class Unnamed(Exception):  # noqa: N818 - it ends a search, nothing failed
    """A class cannot be named in a file."""


def module_of_file(path: str) -> ModuleType | None:
    """Return the loaded module that a file is the source of, the last one if there are several."""
    found = None
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if not isinstance(name, str) or os.path.basename(name) != os.path.basename(path):
            continue
        if os.path.realpath(name) == os.path.realpath(path):
            found = module
    return found


def names_of(model: type[Any], source: Source) -> set[str]:
    """Return what a class may be called in a file, without what stands before a dot.

    Args:
        model: the class.
        source: the file.
    """
    variables = _variables(source)
    names = {name for name, value in variables.items() if value is model}
    other = variables.get(model.__name__)
    if other is None or other is model:
        names.add(model.__name__)
    return names


def name_in(model: type[Any], source: Source, entity: str) -> tuple[str, tuple[str, str] | None]:
    """Return how to write a class in a file, and the module and name to import for it, or None.

    Args:
        model: the class.
        source: the file.
        entity: another class as the file writes it, ``models.Order``, whose prefix may serve.

    Raises:
        Unnamed: the class is local to a function, or its name means something else there.
    """
    variables = _variables(source)
    name = model.__name__
    prefix = entity.rpartition(".")[0]
    if prefix and _member(variables.get(prefix), name) is model:
        return f"{prefix}.{name}", None
    if variables.get(name) is model:
        return name, None
    for other, value in variables.items():
        if value is model:
            return other, None
    if "." in model.__qualname__ or model.__module__ in {"__main__", "builtins"}:
        raise Unnamed(name)
    module = sys.modules.get(model.__module__)
    if _member(module, name) is not model or name in bound(source):
        raise Unnamed(name)
    return name, (_where(model, source, variables), name)


def _where(model: type[Any], source: Source, variables: dict[str, Any]) -> str:
    """Return the module to import a class from: one that the file imports from already, if it has the class."""
    module = variables.get("__package__") or ""
    for origin in bound(source).values():
        written, _, _ = origin.partition(":")
        absolute = _absolute(written, module)
        if written and _member(sys.modules.get(absolute), model.__name__) is model:
            return written
    return model.__module__


def _absolute(written: str, package: str) -> str:
    name = written.lstrip(".")
    dots = len(written) - len(name)
    if not dots:
        return written
    parents = package.split(".")
    base = ".".join(parents[: len(parents) - dots + 1])
    return f"{base}.{name}" if name else base


def _variables(source: Source) -> dict[str, Any]:
    module = module_of_file(source.path)
    return {} if module is None else vars(module)


def _member(namespace: Any, name: str) -> Any:
    """Return what a module or class holds under a name, without running a ``__getattr__`` of it."""
    return vars(namespace).get(name) if isinstance(namespace, ModuleType | type) else None
