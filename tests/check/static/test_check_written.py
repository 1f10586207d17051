"""Where arguments are written: removing, replacing and adding one leaves source that says just that."""

from __future__ import annotations

import ast

import pytest
from reading_programs import IMPORTS, only_engine, program_of

from greenshift.report.findings import Place

HEAD = "from sqlalchemy import create_engine\n"


def edited(source: str, place: Place, new: str) -> str:
    lines = source.split("\n")
    start = sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1
    end = sum(len(line) + 1 for line in lines[: place.end_line - 1]) + place.end_column - 1
    return source[:start] + new + source[end:]


CALLS = {
    "one line": 'create_engine("a://", pool_size=5, echo=True)',
    "a line each": 'create_engine(\n    "a://",\n    pool_size=5,\n    echo=True,\n)',
    "no last comma": 'create_engine(\n    "a://",\n    pool_size=5,\n    echo=True\n)',
    "comments": 'create_engine(\n    "a://",  # where\n    # how many\n    pool_size=5,  # five\n'
    "    # loud\n    echo=True,  # yes\n)",
    "comma first": 'create_engine(\n      "a://"\n    , pool_size=5\n    , echo=True\n)',
    "two a line": 'create_engine(\n    "a://", pool_size=5,\n    echo=True, future=True\n)',
    "spaces": 'create_engine( "a://" , pool_size = 5 , echo = True )',
    "brackets": 'create_engine(("a://"), pool_size=(5), echo=(True))',
    "commas in values": 'create_engine("a://,", connect_args={"a": 1, "b": [1, 2]}, pool_size=max(5, 5), echo=True)',
    "other letters": 'create_engine("a://ü", pool_size=5, echo="é" != "ä")',
    "a call on several lines": 'create_engine("a://", pool_size=max(\n    5, 5\n), echo=True)',
    "splatted": 'create_engine("a://", pool_size=5, echo=True, **{"future": True})',
    "all by name": 'create_engine(url="a://", pool_size=5, echo=True)',
    "a lambda": 'create_engine("a://", creator=lambda a, b: (a, b), pool_size=5, echo=True)',
    "an f-string": 'create_engine(f"a://{1, 2}", pool_size=5, echo=True)',
}


def keywords(source: str) -> dict[str, str]:
    (call,) = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "create_engine"
    ]
    given = {keyword.arg or "**": ast.unparse(keyword.value) for keyword in call.keywords}
    return given | {str(place): ast.unparse(value) for place, value in enumerate(call.args)}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("name", ["pool_size", "echo"])
def test_an_argument_is_removed(call: str, name: str) -> None:
    source = f"{HEAD}engine = {call}\n"
    (engine,) = program_of({"db.py": source}).engines
    edit = engine.written[name].removed()
    after = edited(source, edit.place, edit.new)
    assert keywords(after) == {key: value for key, value in keywords(source).items() if key != name}
    assert not any(line != line.rstrip() for line in after.split("\n"))
    if "#" not in call:
        assert "\n\n" not in after.strip()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_an_argument_is_replaced(call: str) -> None:
    source = f"{HEAD}engine = {call}\n"
    (engine,) = program_of({"db.py": source}).engines
    edit = engine.written["pool_size"].replaced("7")
    assert keywords(edited(source, edit.place, edit.new)) == keywords(source) | {"pool_size": "7"}


@pytest.mark.parametrize("call", [*CALLS.values(), "create_engine()", "create_engine(\n)"], ids=[*CALLS, "none", "no"])
def test_an_argument_is_added(call: str) -> None:
    source = f"{HEAD}engine = {call}\n"
    (engine,) = program_of({"db.py": source}).engines
    assert engine.addition is not None
    place, separator = engine.addition
    assert keywords(edited(source, place, f"{separator}added=1")) == keywords(source) | {"added": "1"}


def test_the_url_is_written() -> None:
    engine = only_engine('engine = create_engine("a://", echo=True)')
    place = engine.written["url"].value
    line = IMPORTS.count("\n") + 1
    assert (place.line, place.column, place.end_line, place.end_column) == (line, 24, line, 30)


def test_what_is_splatted_is_not_written() -> None:
    engine = only_engine('engine = create_engine("a://", **{"echo": True})')
    assert set(engine.written) == {"url"}


def test_columns_are_characters() -> None:
    engine = only_engine('x = "äöü"; engine = create_engine("a://ß", echo=True)')
    assert engine.place.column == len('x = "äöü"; engine = ') + 1
    assert engine.written["echo"].place.column == len('x = "äöü"; engine = create_engine("a://ß", ') + 1


def test_a_place_of_a_value_is_where_it_is_written() -> None:
    program = program_of(
        {
            "app/config.py": "POOL = 5\n",
            "app/db.py": HEAD + "from app.config import POOL\nengine = create_engine('a://', pool_size=POOL)\n",
        }
    )
    value = program.engines[0].argument("pool_size")
    assert value is not None
    assert value.place == Place("app/config.py", 1, 8, 1, 9)
