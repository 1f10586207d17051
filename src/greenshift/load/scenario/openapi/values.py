"""Values from a schema: its examples where it has them, else something that fits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenshift.load.scenario.openapi.cannot_make import CannotMake
from greenshift.load.scenario.openapi.document import Document
from greenshift.load.scenario.openapi.numbers import number_for
from greenshift.load.scenario.openapi.texts import text_for
from greenshift.load.scenario.placeholders import escaped

_DEPTH = 8


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
                return text_for(schema, name)
            case "integer":
                return int(number_for(schema, 1, name, whole=True))
            case "number":
                return number_for(schema, 1.0, name, whole=False)
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


def _literal(value: Any) -> Any:
    """Return what a document says with its braces kept as braces."""
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Mapping):
        return {key: _literal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_literal(inner) for inner in value]
    return value
