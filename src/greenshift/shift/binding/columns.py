"""The types of columns, as far as a driver that is strict about them minds."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.classes import Classes
from greenshift.shift.kinds.names import last_name
from greenshift.shift.project import Class
from greenshift.shift.project.traversal import walk

_COLUMNS = {"Column", "mapped_column", "Field", "deferred"}
_NUMBERS = {"Integer": "int", "BigInteger": "int", "SmallInteger": "int"}
_TYPES = {
    **_NUMBERS,
    **{name.upper(): one for name, one in _NUMBERS.items()},
    **dict.fromkeys(("INT", "BIGINT", "SMALLINT", "int"), "int"),
    **dict.fromkeys(("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "TEXT", "CHAR", "str"), "str"),
    **dict.fromkeys(("Float", "Double", "FLOAT", "REAL", "DOUBLE", "float"), "float"),
    **dict.fromkeys(("Date", "DATE", "date"), "date"),
    **dict.fromkeys(("DateTime", "DATETIME", "TIMESTAMP", "datetime"), "naive datetime"),
}
_NO_TYPES = {"ForeignKey", "Sequence", "Identity", "Computed", "CheckConstraint"}
AWARE = "aware datetime"


def column_types(classes: Classes, cls: Class) -> dict[str, str]:
    """Return the types of a mapped class's columns by attribute: ``int``, ``naive datetime``...

    Args:
        classes: The class hierarchies.
        cls: The class; inherited columns are included, types that are not known left out.
    """
    datetimes = _mapped_datetimes(classes, cls)
    found: dict[str, str] = {}
    for one in reversed(classes.line(cls)):
        for name, (annotation, value) in one.assignments.items():
            kind = _column_type(annotation, value, datetimes)
            if kind is not None:
                found[name] = kind
            else:
                found.pop(name, None)
    return found


def key_of(classes: Classes, cls: Class) -> str | None:
    """Return the attribute that is a mapped class's primary key, if it is one column.

    Args:
        classes: The class hierarchies.
        cls: The class.
    """
    keys = []
    for one in classes.line(cls):
        for name, (_, value) in one.assignments.items():
            if isinstance(value, ast.Call) and any(
                keyword.arg == "primary_key" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                for call in walk(value)
                if isinstance(call, ast.Call)
                for keyword in call.keywords
            ):
                keys.append(name)
    return keys[0] if len(set(keys)) == 1 else None


def defaults_of(cls: Class) -> list[tuple[str, ast.expr]]:
    """Return what a class gives its columns by itself: ``default=``, ``onupdate=`` and ``default_factory=``.

    Args:
        cls: The class; inherited columns are not included.
    """
    found = []
    for name, (_, value) in cls.assignments.items():
        if isinstance(value, ast.Call) and last_name(value.func) in _COLUMNS:
            for keyword in value.keywords:
                if keyword.arg in ("default", "onupdate", "default_factory", "insert_default"):
                    found.append((name, keyword.value))
    return found


def _mapped_datetimes(classes: Classes, cls: Class) -> str:
    """What ``Mapped[datetime]`` is: ``type_annotation_map`` of a base may say it."""
    for one in classes.line(cls):
        _, value = one.assignments.get("type_annotation_map", (None, None))
        if isinstance(value, ast.Dict):
            for key, of in zip(value.keys, value.values, strict=True):
                if key is not None and last_name(key) == "datetime":
                    return _named_type(of) or "other"
    return _TYPES["datetime"]


def _column_type(annotation: ast.expr | None, value: ast.expr | None, datetimes: str) -> str | None:
    given: list[ast.expr] = []
    if isinstance(value, ast.Call):
        if last_name(value.func) not in _COLUMNS:
            return None
        given = [one for one in value.args if not isinstance(one, ast.Constant)]
        keywords = {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
        given += [keywords[name] for name in ("type_", "sa_type", "sa_column") if name in keywords]
    for node in given:
        if isinstance(node, ast.Call) and last_name(node.func) in _COLUMNS:
            return _column_type(annotation, node, datetimes)
        if not isinstance(node, ast.Call) or last_name(node.func) not in _NO_TYPES:
            return _named_type(node)
    names = [] if annotation is None else annotated_names(annotation)
    kind = _TYPES.get(names[0]) if len(names) == 1 else None
    return datetimes if kind == _TYPES["datetime"] else kind


def annotated_names(annotation: ast.expr) -> list[str]:
    """Return the types that an annotation names, without what only wraps them (``Mapped``, ``Optional``...).

    Args:
        annotation: The annotation, also as a string.
    """
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return annotated_names(ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return []
    if isinstance(annotation, ast.Constant):
        return []
    if isinstance(annotation, ast.BinOp):
        return annotated_names(annotation.left) + annotated_names(annotation.right)
    if isinstance(annotation, ast.Subscript):
        wrapper, inside = last_name(annotation.value), annotation.slice
        if wrapper == "Annotated" and isinstance(inside, ast.Tuple):
            return annotated_names(inside.elts[0])
        if wrapper in ("Mapped", "Optional", "Union"):
            parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            return [name for one in parts for name in annotated_names(one)]
        return [wrapper]
    return [last_name(annotation)]


def _named_type(node: ast.expr) -> str | None:
    call = node if isinstance(node, ast.Call) else None
    kind = _TYPES.get(last_name(call.func if call is not None else node))
    if kind == _TYPES["datetime"] and call is not None:
        zone = [*call.args, *(one.value for one in call.keywords if one.arg == "timezone")]
        if any(not isinstance(one, ast.Constant) or one.value is True for one in zone):
            return AWARE
    return kind
