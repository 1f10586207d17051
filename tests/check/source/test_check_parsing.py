"""Source of every Python is parsed on any, with its positions."""

from __future__ import annotations

import ast

import pytest

from greenshift.check.source.lowering import lowered
from greenshift.check.source.parsing import Unparsable, parse, unparsable

PARSED = {
    "positional-only (3.8)": "def f(a, /): pass\n",
    "match (3.10)": "match x:\n    case 1: pass\n",
    "except* (3.11)": "try: pass\nexcept* ValueError: pass\n",
    "type parameters (3.12)": "def f[T: int, *Ts, **P](x: T) -> T:\n    return x\nclass A[T](B): pass\n",
    "an async generic function": "async def f[T](x: T) -> T:\n    return x\n",
    "type parameters on several lines": "def f[\n    T,\n    U,\n](x): pass\n",
    "a type alias": "type X[T] = list[T]\n",
    "a type alias in a class": "class A:\n    type  Y = int\n    z = 1\n",
    "its own quotes in an f-string": 'x = f"{a["b"]} {c!r:>{d}}"\n',
    "an f-string in an f-string": 'x = f"{f"{f"{a}"}"}"\n',
    "a backslash in an f-string": "x = f\"{'\\n'.join(a)}\"\n",
    "a comment in an f-string": 'x = f"{\n    a  # why\n}"\n',
    "an f-string in its format": 'x = f"{a:{"b"}}"\n',
    "a long f-string": "x = f'''{a[\"b\"]}\n{c['d']}'''\n",
    "defaults of type parameters (3.13)": "def f[T = int](x: T): pass\nclass A[T = str]: pass\n",
    "except without brackets (3.14)": "try: pass\nexcept A, B: pass\n",
    "except* without brackets": "try: pass\nexcept* A, B, C: pass\n",
    "a template string": 'x = t"a {b} {c["d"]}"\n',
    "a raw template string": 'x = rt"a{b}\\d"\n',
    "an invalid escape": "x = '\\d'\n",
    "nothing": "",
    "other letters behind": 'x = f"{a["ü"]}" + ä\n',
}


@pytest.mark.parametrize("source", PARSED.values(), ids=PARSED.keys())
def test_it_parses(source: str) -> None:
    assert isinstance(parse(source), ast.Module)
    assert unparsable(source) is None


@pytest.mark.parametrize("source", PARSED.values(), ids=PARSED.keys())
def test_what_is_lowered_keeps_every_position(source: str) -> None:
    older = lowered(source)
    assert older is not None
    assert [len(line.encode()) for line in older.split("\n")] == [len(line.encode()) for line in source.split("\n")]


UNPARSABLE = {
    "Python 2": ('print "x"\n', 1, 1),
    "an error": ("x = 1\ndef f(:\n", 2, 7),
    "a null byte": ("x = 1\ny = '\0'\n", 2, 6),
    "no end": ("x = (1,\n", 1, 5),
    "an old except": ("try:\n    pass\nexcept A, e as b:\n    pass\n", 3, 8),
    "an indent": ("def f():\nreturn 1\n", 2, 1),
}


@pytest.mark.parametrize(("source", "line", "column"), UNPARSABLE.values(), ids=UNPARSABLE.keys())
def test_it_does_not_parse(source: str, line: int, column: int) -> None:
    found = parse(source)
    assert isinstance(found, Unparsable)
    assert found.problem
    # Versions of Python point at different characters of the line.
    assert found.line == line
    assert found.column >= 1
    assert unparsable(source) is not None


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "[" * 300 + "]" * 300 + "\ntype X = int\n",
        "x = a" + ".b" * 100_000 + "\ntype X = int\n",
    ],
    ids=["brackets", "operators", "brackets before newer syntax", "attributes before newer syntax"],
)
def test_what_is_nested_too_deeply_ends_nothing(source: str) -> None:
    assert isinstance(parse(source), Unparsable)
    assert unparsable(source) is not None


def test_known_pieces_of_a_newer_f_string_stay() -> None:
    tree = parse('u = f"postgresql://{s["user"]}@{host}/b"\n')
    assert isinstance(tree, ast.Module)
    (assign,) = tree.body
    assert isinstance(assign, ast.Assign)
    assert isinstance(assign.value, ast.JoinedStr)
    texts = [item.value for item in assign.value.values if isinstance(item, ast.Constant)]
    assert texts == ["postgresql://", "@", "/b"]


def test_positions_behind_what_was_lowered() -> None:
    source = 'def f[T: "ü"](x, y=1): pass\n'
    tree = parse(source)
    assert isinstance(tree, ast.Module)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    (default,) = function.args.defaults
    assert source.encode()[default.col_offset : default.end_col_offset] == b"1"
