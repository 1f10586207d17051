"""Imports an application within its own interpreter."""

from __future__ import annotations

import importlib
import inspect
from typing import Any


def import_application(target: str) -> Any:
    """Import ``module:attribute``; a factory function is called.

    Args:
        target: the attribute may have dots; ``app`` where there is none.

    Raises:
        Exception: what the application's own code raises.
    """
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for name in (attribute or "app").split("."):
        found = getattr(found, name)
    if inspect.isfunction(found) and not inspect.signature(found).parameters:
        return found()
    return found
