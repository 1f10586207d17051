"""Placeholders and dotted paths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenshift.load.scenario.dotted_path import NothingThere, value_at
from greenshift.load.scenario.placeholders import Template, as_text, escaped, filled, names_in, templated

_VALUES: dict[str, Any] = {"a": 1, "b.c": "x/y z", "yes": True, "none": None}


def test_a_lone_placeholder_keeps_the_values_kind() -> None:
    assert Template("{a}").fill(_VALUES.__getitem__) == 1
    assert Template("{a}{a}").fill(_VALUES.__getitem__) == "11"


def test_in_a_path_values_are_quoted_as_one_segment() -> None:
    assert Template("/x/{b.c}/y").fill_path(_VALUES.__getitem__) == "/x/x%2Fy%20z/y"


def test_braces_are_written_twice() -> None:
    template = Template('{{"n": {a}}}')
    assert template.fill(_VALUES.__getitem__) == '{"n": 1}'
    assert template.names == ("a",)


@given(st.text())
def test_an_escaped_text_is_itself(text: str) -> None:
    assert Template(escaped(text)).fill(_VALUES.__getitem__) == text


@pytest.mark.parametrize("text", ["{", "}", "a{b c}", "{1}", "{}"])
def test_a_lone_brace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a lone"):
        Template(text)


def test_nested_data() -> None:
    data = templated({"n": "{a}", "list": ["{b.c}", 2, {"deep": "{yes}"}], "plain": "x", "null": None})
    assert sorted(names_in(data)) == ["a", "b.c", "yes"]
    assert filled(data, _VALUES.__getitem__) == {
        "n": 1,
        "list": ["x/y z", 2, {"deep": True}],
        "plain": "x",
        "null": None,
    }


def test_values_as_text() -> None:
    assert [as_text(value) for value in (True, False, None, 1.5, "x")] == ["true", "false", "", "1.5", "x"]


_ANSWER = {"id": 7, "items": [{"id": 1, "tags": ["a", "b"]}, {"name": "no id"}, {"id": 3, "tags": []}], "none": None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 7),
        ("items.0.id", 1),
        ("items.-1.id", 3),
        ("items.*.id", [1, 3]),
        ("items.*.tags.*", ["a", "b"]),
        ("none", None),
        ("$", _ANSWER),
    ],
)
def test_a_value_at_a_path(path: str, value: Any) -> None:
    assert value_at(_ANSWER, path) == value


@pytest.mark.parametrize("path", ["nothing", "items.9.id", "id.deeper", "id.*", "items.x", "*"])
def test_nothing_at_a_path(path: str) -> None:
    with pytest.raises(NothingThere):
        value_at(_ANSWER, path)
