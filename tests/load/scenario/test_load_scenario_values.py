"""Values made from schemas fit them."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from greenshift.load.scenario.openapi.cannot_make import CannotMake
from greenshift.load.scenario.openapi.document import Document
from greenshift.load.scenario.openapi.values import Made
from greenshift.load.scenario.placeholders import filled, templated

_DOCUMENT = Document(
    {
        "openapi": "3.1.0",
        "paths": {},
        "components": {
            "schemas": {
                "Loop": {
                    "type": "object",
                    "required": ["next"],
                    "properties": {"next": {"$ref": "#/components/schemas/Loop"}},
                },
                "Colour": {"type": "string", "enum": ["red", "blue"]},
                "Base": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
            }
        },
    },
    "the test",
)


def _made(schema: dict[str, Any], name: str = "") -> Any:
    value = Made(_DOCUMENT).of_schema(schema, name)
    return filled(templated(value), lambda _: "m1x2y3z4abc")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "minLength": 40},
        {"type": "string", "maxLength": 3},
        {"type": "string", "minLength": 2, "maxLength": 2},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "ipv4"},
        {"type": "integer"},
        {"type": "integer", "minimum": 18},
        {"type": "integer", "maximum": -3},
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 2},
        {"type": "integer", "minimum": 10, "multipleOf": 7},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
        {"type": "number", "minimum": 2.5},
        {"type": "boolean"},
        {"type": "null"},
        {"type": ["string", "null"]},
        {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        {"type": "array", "items": {"type": "integer"}},
        {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 5}]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"const": 4},
        {"enum": ["x", "y"]},
        {"type": "integer", "default": 9},
        {"type": "string", "pattern": "^q+$", "examples": ["qqq"]},
        {"type": "string", "pattern": "^[a-z0-9_]{3,20}$"},
        {"type": "string", "pattern": "^[a-z][a-z0-9]*$", "maxLength": 20},
        {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        {"type": "string", "pattern": "^[0-9]{5}$"},
        {
            "type": "object",
            "required": ["n", "deep"],
            "properties": {
                "n": {"type": "integer"},
                "deep": {"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}}},
                "optional": {"type": "string", "pattern": "^x$"},
            },
            "additionalProperties": False,
        },
    ],
    ids=str,
)
def test_a_made_value_fits_its_schema(schema: dict[str, Any]) -> None:
    jsonschema.validate(_made(schema), schema, format_checker=jsonschema.FormatChecker())


def test_references_and_all_of_are_followed() -> None:
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {"required": ["c"], "properties": {"c": {"$ref": "#/components/schemas/Colour"}}},
        ]
    }
    assert _made(schema) == {"a": 1, "c": "red"}


def test_flags_of_openapi_3_0_are_limits_too() -> None:
    assert _made({"type": "integer", "minimum": 1, "exclusiveMinimum": True}) == 2


def test_optional_properties_with_an_example_are_sent() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer", "example": 5}, "b": {"type": "integer"}}}
    assert _made(schema) == {"a": 5}


def test_texts_differ_from_request_to_request_where_there_is_room() -> None:
    assert Made(_DOCUMENT).of_schema({"type": "string"}, "title") == "title {unique}"
    assert Made(_DOCUMENT).of_schema({"type": "string", "maxLength": 10}, "title") == "title"
    assert Made(_DOCUMENT).of_schema({"type": "string"}, "username") == "u{unique}"
    assert len(Made(_DOCUMENT).of_schema({"type": "string", "maxLength": 12}, "password")) == 12


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "string", "pattern": "^q$"}, "a pattern and no example"),
        ({"type": "string", "pattern": "(?<n>x)"}, "a pattern and no example"),
        ({"type": "string", "format": "binary"}, "is a file"),
        ({"$ref": "#/components/schemas/Loop"}, "nested too deeply"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "fits its limits"),
        ({"type": "integer", "minimum": 1, "maximum": 5, "multipleOf": 7}, "fits its limits"),
        ({"$ref": "#/nowhere"}, "has no type"),
    ],
)
def test_what_cannot_be_made_says_why(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotMake, match=reason):
        Made(_DOCUMENT).of_schema(schema, "x")
