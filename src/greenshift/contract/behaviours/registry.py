"""Every behaviour there is: one a module of this folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from greenshift.contract import behaviours
from greenshift.contract.behaviours.behaviour import Behaviour


@cache
def all_behaviours() -> tuple[Behaviour, ...]:
    """Return one instance of every behaviour, in the order of their names.

    A behaviour is found by being a module of this folder; nothing lists them.
    """
    prefix = behaviours.__name__ + "."
    for module in pkgutil.iter_modules(behaviours.__path__, prefix):
        importlib.import_module(module.name)
    # Those that a user's own classes add belong to that user's suite.
    found = [one for one in Behaviour.__subclasses__() if one.__module__.startswith(prefix)]
    return tuple(sorted((one() for one in found), key=lambda one: one.name))
