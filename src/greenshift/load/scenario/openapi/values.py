"""Values from a schema: its examples where it has them, else something that fits it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from greenshift.load.scenario.openapi.document import Document
from greenshift.load.scenario.placeholders import escaped

_DEPTH = 8
_UNIQUE_LENGTH = 16  # what {unique} may grow to
# What a pattern is tried with, in this order: letters and digits, as {unique} is, and some common kinds.
_TRIED = (
    "{unique}",
    "u{unique}",
    "abc",
    "Abc",
    "ABC",
    "abc-def",
    "abc1",
    "Abc123!x",
    "1234",
    "12345",
    "+4930123456",
    "1.0",
    "#aabbcc",
    "u{unique}@example.com",
)
_UNIQUES = ("mdz3k9x01", "0a1b2c3d4e5f6")
_BY_FORMAT: Mapping[str, str] = {
    "email": "user-{unique}@example.com",
    "idn-email": "user-{unique}@example.com",
    "uuid": "3f2b8c1e-5d4a-4f6b-9c7d-8e1f2a3b4c5d",
    "date": "2024-05-17",
    "date-time": "2024-05-17T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "P1D",
    "uri": "https://example.com/{unique}",
    "url": "https://example.com/{unique}",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "password": "Correct-Horse-7-Battery",
}


class CannotMake(Exception):  # noqa: N818 - an answer, not an error of the program
    """No value can be made from the schema; the message says why, in a few words."""


class Made:
    """Makes the values of one request.

    Args:
        document: where references lead.
        references: placeholders for properties that point to other things: ``exam_id`` -> ``{exam_id}``.
    """

    def __init__(self, document: Document, references: Mapping[str, str] | None = None) -> None:
        self._document = document
        self._references = references or {}
        self.invented = False
        self.used: set[str] = set()

    def of_media(self, media: Mapping[str, Any]) -> Any:
        """Return the body that a media type object describes.

        Raises:
            CannotMake: there is no example, and none can be made.
        """
        found, example = self._example(media)
        if found:
            return _literal(example)
        return self.of_schema(media.get("schema"))

    def of_parameter(self, parameter: Mapping[str, Any]) -> Any:
        """Return the value of a parameter.

        Raises:
            CannotMake: there is no example, and none can be made.
        """
        found, example = self._example(parameter)
        if found:
            return _literal(example)
        return self.of_schema(parameter.get("schema"), str(parameter.get("name", "")))

    def given(self, parameter: Mapping[str, Any]) -> tuple[bool, Any]:
        """Return whether the document itself gives a value for a parameter, and the value, its braces as they are."""
        found, example = self._example(parameter)
        if not found:
            schema = self._whole(parameter.get("schema"))
            found, example = self._said(schema)
        return found, example

    def of_schema(self, node: Any, name: str = "", depth: int = 0) -> Any:
        """Return a value that fits a schema; texts in it may hold placeholders.

        Args:
            node: the schema.
            name: the property's or parameter's name.
            depth: how deep in the body.

        Raises:
            CannotMake: there is no example, and none can be made.
        """
        if depth > _DEPTH:
            raise CannotMake(f"{name or 'the schema'} is nested too deeply")
        schema = self._whole(node)
        if name in self._references and _type(schema) in ("integer", "string", "number", ""):
            self.used.add(name)
            return self._references[name]
        found, value = self._said(schema)
        if found:
            return _literal(value)
        for choice in ("anyOf", "oneOf"):
            for option in schema.get(choice) or ():
                if _type(self._whole(option)) != "null":
                    return self.of_schema(option, name, depth + 1)
        self.invented |= _type(schema) not in ("object", "array", "null")
        return self._by_type(schema, name, depth)

    def _by_type(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                count = int(schema.get("minItems") or 0)
                # One item says more than none, but an optional one is not worth a refusal.
                return [self.of_schema(schema.get("items"), name, depth + 1) for _ in range(count)]
            case "string":
                return _text(schema, name)
            case "integer":
                return int(_number(schema, 1, name))
            case "number":
                return _number(schema, 1.0, name)
            case "boolean":
                return True
            case "null":
                return None
        raise CannotMake(f"{name or 'the body'} has no type in the schema")

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        made = {}
        for name in schema.get("required") or ():
            made[name] = self.of_schema(properties.get(name), name, depth + 1)
        for name, node in properties.items():
            if name not in made and self._said(self._whole(node), default=False)[0]:
                made[name] = self.of_schema(node, name, depth + 1)
        return made

    def _example(self, holder: Mapping[str, Any]) -> tuple[bool, Any]:
        """The ``example`` or the first of ``examples`` of a parameter or media type object."""
        if "example" in holder:
            return True, holder["example"]
        examples = holder.get("examples")
        if isinstance(examples, Mapping):
            for example in map(self._document.resolved, examples.values()):
                if "value" in example:
                    return True, example["value"]
        return False, None

    def _said(self, schema: Mapping[str, Any], *, default: bool = True) -> tuple[bool, Any]:
        """What the schema itself gives."""
        if "example" in schema:
            return True, schema["example"]
        if isinstance(schema.get("examples"), list) and schema["examples"]:
            return True, schema["examples"][0]
        if "const" in schema:
            return True, schema["const"]
        if default and schema.get("default") is not None:
            return True, schema["default"]
        if default and schema.get("enum"):
            return True, schema["enum"][0]
        return False, None

    def _whole(self, node: Any) -> Mapping[str, Any]:
        """The schema with its reference resolved and its ``allOf`` put together."""
        schema = self._document.resolved(node)
        if not schema.get("allOf"):
            return schema
        whole: dict[str, Any] = {"properties": {}, "required": []}
        for part in [*map(self._whole, schema["allOf"]), {k: v for k, v in schema.items() if k != "allOf"}]:
            whole = {
                **whole,
                **part,
                "properties": {**whole["properties"], **(part.get("properties") or {})},
                "required": [*whole["required"], *(part.get("required") or ())],
            }
        return whole


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        kind = "object" if schema.get("properties") else "array" if "items" in schema else ""
    return str(kind)


def _text(schema: Mapping[str, Any], name: str) -> str:
    if schema.get("format") == "binary" or schema.get("contentMediaType"):
        raise CannotMake(f"{name or 'the body'} is a file")
    if schema.get("pattern"):
        return _matching(schema, name)
    least, most = int(schema.get("minLength") or 0), schema.get("maxLength")
    known = _BY_FORMAT.get(str(schema.get("format", "")))
    if known is None and name.lower() in ("email", "e_mail", "mail", "email_address"):
        known = _BY_FORMAT["email"]
    if known is None and "password" in name.lower():
        known = _BY_FORMAT["password"]
    if known is not None:
        return known
    word = name.replace("_", " ") or "text"
    if most is None or most >= len(word) + 1 + _UNIQUE_LENGTH:
        # Texts that must be unique (a name, a title) are never refused for being there.
        padding = max(0, least - len(word) - 1 - 8)
        return f"{escaped(word)}{'-' * padding} {{unique}}"
    return (word * (1 + least // len(word)))[: max(least, min(int(most), len(word)))]


def _matching(schema: Mapping[str, Any], name: str) -> str:
    """Return the first of some texts that fits a pattern; the limits of its length hold as well."""
    most = schema.get("maxLength")
    for text in (*_TRIED[:2], name, *_TRIED[2:]):
        samples = [text.replace("{unique}", unique) for unique in _UNIQUES]
        try:
            fits = all(re.search(schema["pattern"], sample) for sample in samples)
        except re.error:
            break
        if fits and all(
            len(s) >= int(schema.get("minLength") or 0) and (most is None or len(s) <= most) for s in samples
        ):
            return text if "{unique}" in text else escaped(text)
    raise CannotMake(f"{name or 'a text'} has a pattern and no example")


def _number(schema: Mapping[str, Any], default: float, name: str) -> Any:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    # OpenAPI 3.0 has them as flags beside minimum and maximum, 3.1 as numbers.
    if above is True:
        above, low = low, None
    if below is True:
        below, high = high, None
    whole = _type(schema) == "integer"
    step = schema.get("multipleOf") or (1 if whole else 0)
    least = low if low is not None else -math.inf
    if above not in (None, False):
        least = max(least, math.floor(above) + 1 if whole else above + (step or _room(above, high, below)))
    most = high if high is not None else math.inf
    if below not in (None, False):
        most = min(most, math.ceil(below) - 1 if whole else below - (step or _room(below, low, above)))
    value = min(max(default, least), most)
    if step:
        value = math.ceil(value / step - 1e-9) * step
    if not least <= value <= most:
        raise CannotMake(f"no {name or 'number'} fits its limits")
    return value


def _room(edge: float, *others: Any) -> Any:
    """A distance from an open edge that does not pass the other one."""
    ends = [abs(other - edge) for other in others if other is not None and other is not False and other is not True]
    return min([1.0, *(end / 2 for end in ends if end)])


def _literal(value: Any) -> Any:
    """Return what a document says with its braces kept as braces."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Mapping):
        return {key: _literal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_literal(inner) for inner in value]
    return value
