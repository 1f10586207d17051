"""Methods of texts, URLs, dicts, settings and engines."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.static import classes, urls
from greenshift.check.static.merging import joined, mapped, text_of, union, unknown
from greenshift.check.static.objects import Arguments, DictObject, Frame, Instance, Made

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

# The same text or URL again.
_SAME: Final = frozenset(
    {
        "render_as_string",
        "unicode_string",
        "get_secret_value",
        "strip",
        "encode",
        "decode",
        "__str__",
        "__to_string__",
        "expandtabs",
    }
)
_CASE: Final[Mapping[str, Callable[[str], str]]] = {"lower": str.lower, "upper": str.upper, "casefold": str.casefold}
_FIELD: Final = re.compile(r"\{([^{}:!]*)(?:![rsa])?(?::[^{}]*)?\}|\{\{|\}\}")


def called(evaluator: Evaluator, receiver: Value, node: ast.Call, frame: Frame) -> Value | None:
    """Return what a method of a text, dict, instance or engine gives; None if that is to be found another way.

    Args:
        evaluator: evaluates the arguments.
        receiver: what the method belongs to.
        node: the call.
        frame: where it is made.
    """
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    arguments = evaluator.arguments(node, frame)
    first = receiver.options[0].value
    if isinstance(first, Made):
        return receiver if name in ("execution_options", "options") else None
    if isinstance(first, Instance):
        return _of_instance(evaluator, receiver, first, name, arguments)
    if isinstance(first, DictObject):
        return _of_dict(receiver, name, arguments)
    return _of_text(receiver, name, arguments)


def _of_instance(
    evaluator: Evaluator, receiver: Value, first: Instance, name: str, arguments: Arguments
) -> Value | None:
    own = any(name in classes.methods(owner) for owner in classes.lineage(evaluator, first.of))
    if own:
        return None
    key = arguments.get(0)
    if name == "get" and key is not None and isinstance(key.known, str):
        return classes.instance_attribute(evaluator, first, key.known)
    if name in ("model_copy", "copy"):
        return receiver
    if name in ("model_dump", "dict", "_asdict") and not arguments.positional:
        fields = {
            statement.target.id
            for owner in classes.lineage(evaluator, first.of)
            for statement in owner.node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        }
        entries = {field: classes.instance_attribute(evaluator, first, field) for field in sorted(fields)}
        return Value.of(DictObject(entries, "fields may be left out" if arguments.keywords else ""))
    return None


def _of_dict(receiver: Value, name: str, arguments: Arguments) -> Value | None:
    if name == "copy":
        return receiver
    key = arguments.get(0)
    if name in ("get", "pop", "setdefault") and key is not None and isinstance(key.known, str):
        default = arguments.get(1) or Value.of(None)

        def entry(item: Any) -> Any:
            if not isinstance(item, DictObject):
                return unknown("an item of something else")
            found = item.entries.get(key.known)
            if found is None:
                return union([default, unknown(item.open)]) if item.open else default
            return found

        return mapped(receiver, entry)
    if name in ("get", "pop") and key is not None:
        return unknown("a key that is not known")
    return unknown(f"{name}() of a dict")


def _of_text(receiver: Value, name: str, arguments: Arguments) -> Value:
    if name == "set":
        return urls.with_parts(receiver, arguments)
    if name.startswith("update_query") or name == "difference_update_query":
        return urls.with_query(receiver)
    if name == "format":
        return _format(receiver, arguments)
    if name == "join":
        return _joined(receiver, arguments)
    return mapped(receiver, lambda item: _method(item, name, arguments))


def _method(item: Any, name: str, arguments: Arguments) -> Any:
    if not isinstance(item, str | Text):
        return unknown(f"{name}() of something else")
    if name in _SAME:
        return item.strip() if name == "strip" and isinstance(item, str) and not arguments.positional else item
    pieces = item.pieces if isinstance(item, Text) else (item,)
    if name in _CASE:
        return text_of(_CASE[name](piece) if piece is not None else None for piece in pieces)
    first, second = arguments.get(0), arguments.get(1)
    old, new = (first.known if first is not None else None), (second.known if second is not None else None)
    if name == "replace" and isinstance(old, str):
        if isinstance(new, str):
            return text_of(_replaced(pieces, old, new, arguments))
        return item if isinstance(item, str) and old not in item else unknown("a text that is replaced")
    if name in ("startswith", "endswith"):
        return _begins(item, first, name)
    if name == "removeprefix" and isinstance(old, str) and pieces and pieces[0] is not None:
        return text_of([pieces[0].removeprefix(old), *pieces[1:]])
    if name == "removesuffix" and isinstance(old, str) and pieces and pieces[-1] is not None:
        return text_of([*pieces[:-1], pieces[-1].removesuffix(old)])
    if (
        name in ("split", "partition", "rsplit", "rpartition")
        and isinstance(item, str)
        and isinstance(old, str)
        and old
    ):
        limit = new if isinstance(new, int) else -1
        parts = getattr(item, name)(old, *([limit] if "split" in name else []))
        return tuple(Value.of(part) for part in parts)
    if name in ("rstrip", "lstrip") and isinstance(item, str) and (isinstance(old, str) or first is None):
        return getattr(item, name)(*([old] if first is not None else []))
    return unknown(f"{name}() of a text")


def _replaced(pieces: tuple[str | None, ...], old: str, new: str, arguments: Arguments) -> list[str | None]:
    third = arguments.get(2, "count")
    left = third.known if third is not None and isinstance(third.known, int) else -1
    result: list[str | None] = []
    for piece in pieces:
        if piece is None:
            result.append(None)
            continue
        count = piece.count(old) if left < 0 else min(left, piece.count(old))
        result.append(piece.replace(old, new, count))
        left = left - count if left >= 0 else left
    return result


def _begins(item: str | Text, wanted: Value | None, name: str) -> Any:
    given = wanted.known if wanted is not None else None
    wanted_texts = [part.known for part in given] if isinstance(given, tuple) else [given]
    texts = [text for text in wanted_texts if isinstance(text, str)]
    if len(texts) < len(wanted_texts):
        return unknown("a condition")
    if isinstance(item, str):
        return any(getattr(item, name)(text) for text in texts)
    edge = item.pieces[0] if name == "startswith" else item.pieces[-1]
    if edge is None:
        return unknown("a condition")
    if any(getattr(edge, name)(text) for text in texts):
        return True
    # The known edge decides if it is at least as long as what is looked for, or differs already.
    differs = all(
        len(edge) >= len(text) or not (text.startswith(edge) if name == "startswith" else text.endswith(edge))
        for text in texts
    )
    return False if differs else unknown("a condition")


def _format(receiver: Value, arguments: Arguments) -> Value:
    def change(template: Any) -> Any:
        if not isinstance(template, str):
            return unknown("a format")
        parts: list[Value] = []
        position, end = 0, 0
        for match in _FIELD.finditer(template):
            parts.append(Value.of(template[end : match.start()]))
            end = match.end()
            if match.group(1) is None:
                parts.append(Value.of(match.group()[0]))
                continue
            field = match.group(1)
            if field == "" or field.isdigit():
                index = int(field) if field else position
                position += 1
                parts.append(arguments.get(index) or unknown("a format"))
            else:
                parts.append(arguments.get(None, field) or unknown("a format"))
        return joined([*parts, Value.of(template[end:])])

    return mapped(receiver, change)


def _joined(receiver: Value, arguments: Arguments) -> Value:
    items = arguments.get(0)
    known = items.known if items is not None else None
    if not isinstance(known, tuple) or not receiver.is_known:
        return unknown("a text that is joined")
    parts: list[Value] = []
    for part in known:
        if parts:
            parts.append(receiver)
        parts.append(part if isinstance(part, Value) else Value.of(part))
    return joined(parts) if parts else Value.of("")
