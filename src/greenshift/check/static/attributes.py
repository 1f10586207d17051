"""Attributes and items: of modules, classes, instances, dicts, texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.static import classes, importing, variables
from greenshift.check.static.merging import mapped, union, unknown, used, with_variable
from greenshift.check.static.objects import ClassObject, DictObject, Instance, Made, ModuleObject

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator


def attribute(evaluator: Evaluator, whole: Value, name: str) -> Value:
    """Return what an attribute of a value is.

    Args:
        evaluator: evaluates what it is assigned.
        whole: the value.
        name: the attribute's name.
    """

    def of(item: Any) -> Any:
        if isinstance(item, ModuleObject):
            return importing.member(evaluator, item, name)
        if isinstance(item, Symbol):
            return Symbol(f"{item.name}.{name}")
        if isinstance(item, Instance):
            return classes.instance_attribute(evaluator, item, name)
        if isinstance(item, ClassObject):
            return classes.class_attribute(evaluator, item, name)
        if isinstance(item, Made) and name in ("sync_engine", "engine"):
            return item
        if isinstance(item, Text | str) and name == "drivername":
            scheme = item.scheme if isinstance(item, Text) else item.partition("://")[0]
            return scheme if scheme else unknown("a part of the URL")
        if name == "value" and (isinstance(item, str | int | float)):
            return item  # A member of an Enum is its value here.
        return unknown(f"the attribute {name} of something else")

    return mapped(used(whole), of)


def item(evaluator: Evaluator, whole: Value, key: Value) -> Value:
    """Return what an item of a dict, a list or ``os.environ`` is.

    Args:
        evaluator: knows the environment.
        whole: what is indexed.
        key: the key.
    """
    known = key.known

    def of(container: Any) -> Any:
        if isinstance(container, Symbol) and container.name == "os.environ":
            return variables.variable(evaluator, key, None)
        if isinstance(container, DictObject) and isinstance(known, str):
            found = container.entries.get(known)
            return found if found is not None else unknown(container.open or f"there is no {known}")
        if isinstance(container, DictObject) and container.entries and not container.open and not key.unknown:
            keys = [
                with_variable(container.entries.get(option.value, unknown("no such key")), option.variable)
                for option in key.options
                if isinstance(option.value, str)
            ]
            return union(keys) if keys else unknown("a key that is not known")
        if isinstance(container, DictObject) and container.entries and not container.open:
            return union(container.entries.values())
        if isinstance(container, tuple) and isinstance(known, int) and -len(container) <= known < len(container):
            part = container[known]
            return part if isinstance(part, Value) else Value.of(part)
        if isinstance(container, Instance):
            return classes.indexed(evaluator, container, known)
        return unknown("an item of something else")

    return mapped(used(whole), of)
