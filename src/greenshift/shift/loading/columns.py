"""Which columns of a model the database may give another value than the program did."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from greenshift.shift.kinds.classes import Classes
from greenshift.shift.kinds.names import last_name
from greenshift.shift.project import Class
from greenshift.shift.project.traversal import walk

COLUMNS = {"Column", "mapped_column", "Field"}
PLAIN_TYPES = {
    "Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "SMALLINT", "String", "VARCHAR", "Text", "TEXT",
    "Unicode", "UnicodeText", "Boolean", "BOOLEAN", "int", "str", "bool",
}  # fmt: skip
"""Types that give back exactly what was stored: no rounding, no time zones, no conversion."""
TRANSPARENT = {"Mapped", "Optional", "Union", "None", "Annotated"}
GENERATED = {"Computed", "Identity", "FetchedValue", "Sequence"}


@dataclass(frozen=True, slots=True)
class ColumnTraits:
    """What is known of a column.

    Attributes:
        is_key: Whether it is (part of) the primary key.
        is_plain: Whether reading it back gives what was stored.
        expires_on_update: Whether an UPDATE expires it, because the database computes it (``onupdate=func.now()``).
        is_deferred: Whether it is loaded only when it is read.
    """

    is_key: bool
    is_plain: bool
    expires_on_update: bool
    is_deferred: bool


def columns_of(classes: Classes, cls: Class) -> dict[str, ColumnTraits]:
    """Return a mapped class's columns, inherited ones included.

    Args:
        classes: The class hierarchies.
        cls: The class.
    """
    found: dict[str, ColumnTraits] = {}
    for one in reversed(classes.line(cls)):
        found |= own_columns(classes, one, is_table=classes.is_model(cls))
    return found


def own_columns(classes: Classes, cls: Class, *, is_table: bool | None = None) -> dict[str, ColumnTraits]:
    """Return the columns that a class itself declares.

    Args:
        classes: The class hierarchies.
        cls: The class.
        is_table: Whether annotations alone declare columns; None for what the class itself says.
    """
    mapped = classes.is_model(cls) if is_table is None else is_table
    found: dict[str, ColumnTraits] = {}
    for name, (annotation, value) in cls.assignments.items():
        traits = _traits(annotation, value, is_table=mapped)
        if traits is not None:
            found[name] = traits
    return found


def may_differ(classes: Classes, cls: Class) -> bool:
    """Whether an instance read back after a commit may differ from what the program stored.

    Args:
        classes: The class hierarchies.
        cls: The class.
    """
    return any(not one.is_plain and not one.is_key for one in columns_of(classes, cls).values())


def _traits(annotation: ast.expr | None, value: ast.expr | None, *, is_table: bool) -> ColumnTraits | None:
    call = value if isinstance(value, ast.Call) else None
    deferred = call is not None and last_name(call.func) in ("deferred", "column_property", "query_expression")
    if deferred and call is not None and call.args and isinstance(call.args[0], ast.Call):
        call = call.args[0]
    is_column = call is not None and last_name(call.func) in COLUMNS
    is_annotated = is_table and annotation is not None and last_name(annotation) not in ("ClassVar", "WriteOnlyMapped")
    if call is not None and last_name(call.func) in ("relationship", "Relationship", "association_proxy", "synonym"):
        return None
    if not is_column and not is_annotated and not deferred:
        return None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg} if call is not None else {}
    generated = call is not None and any(
        isinstance(one, ast.Call) and last_name(one.func) in GENERATED for one in call.args
    )
    by_server = "server_onupdate" in keywords or isinstance(keywords.get("onupdate"), ast.Call) or generated
    named = set(_type_names(annotation, call, keywords))
    return ColumnTraits(
        is_key=_is_true(keywords.get("primary_key")),
        is_plain=named <= PLAIN_TYPES and not by_server and "server_default" not in keywords,
        expires_on_update=by_server,
        is_deferred=deferred or _is_true(keywords.get("deferred")),
    )


def _type_names(annotation: ast.expr | None, call: ast.Call | None, keywords: dict[str, ast.expr]) -> Iterator[str]:
    given: list[ast.expr] = []
    if call is not None:
        given = [one for one in call.args if not isinstance(one, ast.Constant)]
        given += [keywords[name] for name in ("type_", "sa_type", "sa_column") if name in keywords]
    for node in given:
        name = last_name(node.func) if isinstance(node, ast.Call) else last_name(node)
        if name == "Column" and isinstance(node, ast.Call):
            yield from _type_names(None, node, {})
        elif name and name not in ("ForeignKey", "CheckConstraint", "Sequence", "Computed", "Identity"):
            yield name
            return
    if annotation is not None and not given:
        for part in walk(_unquoted(annotation)):
            name = last_name(part) if isinstance(part, ast.Name | ast.Attribute) else ""
            if name and name not in TRANSPARENT:
                yield name


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _unquoted(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return node
    return node
