"""A refresh is put before the statement that reads, and what expired an object is found above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.refreshing import find_expiries, insert_refresh, refresh_text
from greenshift.explain.editing.source import Source, read_source


def source_of(folder: Path, code: str) -> Source:
    path = folder / "sample.py"
    path.write_text(code)
    source = read_source(str(path))
    assert source is not None
    return source


def line_of(code: str, part: str = "READ") -> int:
    return code[: code.index(part)].count("\n") + 1


def refreshed(folder: Path, code: str, once: str | None = None) -> str | None:
    source = source_of(folder, code)
    edit = insert_refresh(source, line_of(code), "await s.refresh(x)", once)
    if edit is None:
        return None
    apply([edit])
    after = Path(source.path).read_text()
    ast.parse(after)
    lines = after.splitlines(keepends=True)
    [inserted] = [number for number, line in enumerate(lines) if line.strip() == "await s.refresh(x)"]
    assert "".join(lines[:inserted] + lines[inserted + 1 :]) == code
    return lines[inserted + 1].strip()


BEFORE = {
    "a statement": ("async def f(s, x):\n    return x.a  # READ\n", "return x.a  # READ"),
    "the first line of a longer one": (
        "async def f(s, x):\n    return call(\n        x.a,  # READ\n    )\n",
        "return call(",
    ),
    "in a block": ("async def f(s, x):\n    if s:\n        print(x.a)  # READ\n", "print(x.a)  # READ"),
    "the head of a loop": ("async def f(s, x):\n    for y in x.a:  # READ\n        pass\n", "for y in x.a:  # READ"),
    "the head of an if": ("async def f(s, x):\n    if x.a:  # READ\n        pass\n", "if x.a:  # READ"),
    "in a try": ("async def f(s, x):\n    try:\n        x.a  # READ\n    finally:\n        pass\n", "x.a  # READ"),
    "in a method": ("class A:\n    async def f(s, x):\n        x.a  # READ\n", "x.a  # READ"),
    "a block on one line": ("async def f(s, x):\n    if s: x.a  # READ\n", "if s: x.a  # READ"),
    "in a loop": ("async def f(s, x):\n    for y in s:\n        x.a  # READ\n", "x.a  # READ"),
}


@pytest.mark.parametrize("name", BEFORE)
def test_it_goes_before_the_statement_that_reads(name: str, tmp_path: Path) -> None:
    code, following = BEFORE[name]
    assert refreshed(tmp_path, code) == following


@pytest.mark.parametrize(
    "code",
    [
        "def f(s, x):\n    return x.a  # READ\n",
        "async def f(s, x):\n    def g():\n        return x.a  # READ\n    return g()\n",
        "async def f(s, x):\n    return map(lambda y: x.a, s)  # READ\n",
        "async def f(s, x):\n    while x.a:  # READ\n        pass\n",
        "async def f(s, x):\n    if s:\n        pass\n    elif x.a:  # READ\n        pass\n",
        "print(x.a)  # READ\n",
    ],
)
def test_it_goes_nowhere_where_it_cannot_stand(code: str, tmp_path: Path) -> None:
    assert refreshed(tmp_path, code) is None


def test_once_is_before_the_loops_that_do_not_set_the_variable(tmp_path: Path) -> None:
    code = "async def f(s, x):\n    for y in s:\n        while y:\n            x.a  # READ\n"
    assert refreshed(tmp_path, code, "x") == "for y in s:"
    assert refreshed(tmp_path, code, "y") == "while y:"
    code = "async def f(s, x):\n    while s:\n        x, z = s.pop()\n        x.a  # READ\n"
    assert refreshed(tmp_path, code, "x") == "x.a  # READ"


def test_the_text_names_the_attributes() -> None:
    assert refresh_text("session", "order") == "await session.refresh(order)"
    assert refresh_text("self.db", "order", ["items"]) == 'await self.db.refresh(order, ["items"])'


EXPIRED = {
    "commit": ("async def f(s, x):\n    await s.commit()\n    x.a  # READ\n", [(2, "commit", "s")]),
    "the nearest first": (
        "async def f(self, x):\n    await self.s.commit()\n    await self.s.rollback()\n    x.a  # READ\n",
        [(3, "rollback", "self.s"), (2, "commit", "self.s")],
    ),
    "the end of a block": (
        "async def f(s, x):\n    async with s.begin():\n        pass\n    x.a  # READ\n",
        [(2, "commit", "s")],
    ),
    "a block that gives the session": (
        "async def f(m, x):\n    async with m.begin() as s:\n        pass\n    x.a  # READ\n",
        [(2, "commit", "s")],
    ),
    "not a block that goes on": ("async def f(s, x):\n    async with s.begin():\n        x.a  # READ\n", []),
    "not what comes later": ("async def f(s, x):\n    x.a  # READ\n    await s.commit()\n", []),
    "not another function": (
        "async def f(s, x):\n    async def g():\n        await s.commit()\n    x.a  # READ\n",
        [],
    ),
}


@pytest.mark.parametrize("name", EXPIRED)
def test_what_expires_is_found_above(name: str, tmp_path: Path) -> None:
    code, expected = EXPIRED[name]
    found = find_expiries(source_of(tmp_path, code), line_of(code))
    assert [(one.line, one.by, one.session) for one in found] == expected
