"""What operators make of values."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Option, Value
from greenshift.check.static.dicts import overlaid
from greenshift.check.static.merging import joined, mapped, truth, union, unknown, with_variable
from greenshift.check.static.objects import DictObject

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_ORDER: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def binary(kind: ast.operator, left: Value, right: Value) -> Value:
    """Return what a binary operator makes of two values.

    Args:
        kind: the operator.
        left: what stands left of it.
        right: what stands right of it.
    """
    if isinstance(kind, ast.Add) and (_is_text(left) or _is_text(right)):
        return joined([left, right])
    if isinstance(kind, ast.Mod) and _is_text(left):
        return _percent(left, right)
    return _combined(left, right, lambda one, other: _calculated(kind, one, other))


def _calculated(kind: ast.operator, one: Any, other: Any) -> Any:
    if isinstance(kind, ast.BitOr) and isinstance(one, DictObject) and isinstance(other, DictObject):
        return overlaid(one, other)
    if isinstance(kind, ast.Add) and isinstance(one, tuple) and isinstance(other, tuple):
        return one + other
    if _is_number(one) and _is_number(other) and type(kind) in _ARITHMETIC:
        try:
            return _ARITHMETIC[type(kind)](one, other)
        except (ZeroDivisionError, OverflowError):
            return unknown("a calculation")
    return unknown("a calculation")


def _combined(left: Value, right: Value, calculate: Callable[[Any, Any], Any]) -> Value:
    reason = left.unknown or right.unknown
    parts = [unknown(reason)] if reason else []
    for one, other in itertools.product(left.options, right.options):
        result = calculate(one.value, other.value)
        variable = one.variable or other.variable
        if isinstance(result, Value):
            parts.append(with_variable(result, variable))
        else:
            parts.append(Value((Option(result, one.place, variable),)))
    return union(parts) if parts else unknown("a calculation")


def _is_text(value: Value) -> bool:
    return any(isinstance(option.value, str | Text) for option in value.options)


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float)


def _percent(left: Value, right: Value) -> Value:
    template = left.default
    if template is None or not isinstance(template.value, str):
        return unknown("a format")
    given = right.options[0].value if len(right.options) == 1 and not right.unknown else None
    parts: list[Value] = []
    arguments = list(given) if isinstance(given, tuple) else [right]
    rest = template.value
    while "%" in rest:
        before, _, rest = rest.partition("%")
        parts.append(Value.of(before, template.place))
        if rest.startswith("%"):
            parts.append(Value.of("%"))
            rest = rest[1:]
        elif rest.startswith("("):
            key, _, rest = rest[1:].partition(")")
            parts.append(
                given.entries.get(key, unknown("a format")) if isinstance(given, DictObject) else unknown("a format")
            )
            rest = rest[1:]
        elif rest[:1] in ("s", "d", "i", "r"):
            value = arguments.pop(0) if arguments else unknown("a format")
            parts.append(value if isinstance(value, Value) else unknown("a format"))
            rest = rest[1:]
        else:
            return joined([*parts, unknown("a format")])
    return with_variable(joined([*parts, Value.of(rest)]), template.variable)


def unary(kind: ast.unaryop, operand: Value) -> Value:
    """Return what a unary operator makes of a value.

    Args:
        kind: the operator.
        operand: the value.
    """

    def change(item: Any) -> Any:
        if isinstance(kind, ast.Not):
            holds = truth(item)
            return unknown("a condition") if holds is None else not holds
        if not _is_number(item):
            return unknown("a calculation")
        return -item if isinstance(kind, ast.USub) else item

    return mapped(operand, change)


def boolean(kind: ast.boolop, operands: Sequence[Callable[[], Value]]) -> Value:
    """Return what ``or`` or ``and`` makes of values; a value that ends it by default ends it.

    Args:
        kind: the operator.
        operands: give the values, asked from the left as far as they matter.
    """
    ending = isinstance(kind, ast.Or)
    parts: list[Value] = []
    variable: str | None = None
    for index, operand in enumerate(operands):
        value = with_variable(operand(), variable)
        if index == len(operands) - 1:
            parts.append(value)
            break
        kept = tuple(option for option in value.options if truth(option.value) is not (not ending))
        if kept or value.unknown:
            parts.append(Value(kept, value.unknown))
        goes_on = [option for option in value.options if truth(option.value) is not ending]
        if not goes_on and not value.unknown:
            break
        if not kept and not value.unknown:
            variable = next((option.variable for option in goes_on if option.variable), variable)
    return union(parts)


def compared(kind: ast.cmpop, left: Value, right: Value) -> Value:
    """Return what a comparison says of two values.

    Args:
        kind: the operator.
        left: what stands left of it.
        right: what stands right of it.
    """

    def calculate(one: Any, other: Any) -> Any:
        answer = _compared(kind, one, other)
        return unknown("a comparison") if answer is None else answer

    return _combined(left, right, calculate)


def _compared(kind: ast.cmpop, one: Any, other: Any) -> bool | None:
    if isinstance(kind, ast.Is | ast.IsNot):
        if isinstance(one, Symbol) and isinstance(other, Symbol):
            return _compared(ast.Eq() if isinstance(kind, ast.Is) else ast.NotEq(), one, other)
        if one is None or other is None or (isinstance(one, bool) and isinstance(other, bool)):
            same = one is other
        else:
            return None
        return same if isinstance(kind, ast.Is) else not same
    if isinstance(kind, ast.Eq | ast.NotEq):
        if isinstance(one, Symbol) and isinstance(other, Symbol):
            # One class may be imported by several names; another last part is another class.
            if one != other and one.last == other.last:
                return None
            return (one == other) is isinstance(kind, ast.Eq)
        if not _is_constant(one) or not _is_constant(other):
            return None
        return (one == other) is isinstance(kind, ast.Eq)
    if isinstance(kind, ast.In | ast.NotIn):
        held = _held(one, other)
        return None if held is None else held is isinstance(kind, ast.In)
    if type(kind) in _ORDER and (
        (_is_number(one) and _is_number(other)) or (isinstance(one, str) and isinstance(other, str))
    ):
        return bool(_ORDER[type(kind)](one, other))
    return None


def _held(one: Any, other: Any) -> bool | None:
    if isinstance(other, str) and isinstance(one, str):
        return one in other
    if isinstance(other, Text) and isinstance(one, str):
        return True if other.has(one) else None
    if isinstance(other, tuple) and _is_constant(one):
        items = [part.known if isinstance(part, Value) and part.is_known else _is_constant for part in other]
        if all(_is_constant(item) for item in items):
            return one in items
    if isinstance(other, DictObject) and isinstance(one, str):
        entry = other.entries.get(one)
        if entry is not None:
            return None if entry.unknown else True
        return None if other.open else False
    return None


def _is_constant(item: Any) -> bool:
    return item is None or isinstance(item, bool | int | float | str)
