"""Every rule there is: one a module, found in the families' folders."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from greenshift.check import rules
from greenshift.check.rules.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one instance of every rule, in the order of their ids.

    A rule is found by being a module of a family's folder; nothing lists them.
    """
    for module in pkgutil.walk_packages(rules.__path__, rules.__name__ + "."):
        importlib.import_module(module.name)
    return tuple(sorted((rule() for rule in _subclasses(Rule)), key=lambda rule: rule.id))


def rule_of(identifier: str) -> Rule | None:
    """Return the rule with an id, in any case; None if there is none."""
    return next((rule for rule in all_rules() if rule.id == identifier.upper()), None)


def _subclasses(base: type[Rule]) -> list[type[Rule]]:
    return [rule for child in base.__subclasses__() for rule in (child, *_subclasses(child)) if hasattr(rule, "id")]
