"""Which loop a place in the source stands in, and which loops go through what is known before they begin."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from greenshift.explain.n_plus_one.loops import Loop, innermost_loop, is_fixture
from greenshift.explain.n_plus_one.stack import Stack, Stacks

KNOWN = {
    "for": "for x in xs:\n    here(x)",
    "for over pairs": "for i, x in enumerate(xs):\n    here(x)",
    "nested": "while True:\n    for x in xs:  # loop\n        here(x)\n    break",
    "list": "[here(x) for x in xs]",
    "set": "{here(x) for x in xs}",
    "dict": "{x: here(x) for x in xs}",
    "generator": "list(here(x) for x in xs)",
    "filter of a comprehension": "[x for x in xs if here(x)]",
    "second iterable": "[y for x in xs for y in here(x)]",
    "while over a list": "while xs:\n    here(xs.pop())",
    "while over indices": "i = 0\nwhile i < len(xs):\n    here(xs[i])\n    i += 1",
    "sorted": "sorted(xs, key=lambda x: here(x))",
    "map": "list(map(lambda x: here(x), xs))",
    "several lines": "[\n    here(\n        x,\n    )\n    for x in xs  # loop\n]",
    "try and with": "for x in xs:\n    try:\n        if x:\n            here(x)\n    finally:\n        pass",
}
REPEATING = {
    "for ever": "while True:\n    here(1)\n    break",
    "until something happened": "n = []\nwhile not done(n):\n    n.append(here(1))",
    "until a page is empty": "page = 1\nwhile page:\n    page = here(1) and None",
    "walrus": "while (page := here(1)) and False:\n    pass",
    "unused variable": "for _ in range(3):\n    here(1)",
    "attempts": "for attempt in range(3):\n    here(1)",
}
NONE = {
    "plain": "here(1)",
    "iterable": "for x in here(xs):\n    pass",
    "iterable of a comprehension": "[x for x in here(xs)]",
    "else": "for x in xs:\n    pass\nelse:\n    here(1)",
    "after": "for x in xs:\n    pass\nhere(1)",
    "function in a loop": "for x in xs:\n    def inner():\n        here(1)\ninner()",
    "callback": "(lambda: here(1))()",
    "class": "for x in xs:\n    class A:\n        def f(self):\n            here(1)\nA().f()",
}


def looped(body: str, folder: Path) -> tuple[Stack, list[str]]:
    """Run a body whose ``here()`` notes its stack."""
    path = folder / "code.py"
    path.write_text(f"def program(here, xs, done):\n{textwrap.indent(body, '    ')}\n")
    stacks, found = Stacks(), []

    def here(value: Any) -> tuple[int]:
        stack = stacks.here(sys._getframe(1))
        sites = tuple(site for site in stack.sites if site.file == str(path))
        # The function that made the inner ones, if any, is another matter.
        found.append(stack._replace(sites=sites[:1]))
        return (1,)

    namespace: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    namespace["program"](here, [1, 2], lambda values: len(values) > 1)
    return found[0], path.read_text().splitlines()


def loop_of(body: str, folder: Path) -> Loop | None:
    stack, lines = looped(body, folder)
    found = innermost_loop(stack.sites)
    if found is not None:
        marked = [number for number, line in enumerate(lines, 1) if "# loop" in line]
        assert not marked or [found.loop.line] == marked
    return None if found is None else found.loop


@pytest.mark.parametrize("name", KNOWN)
def test_a_loop_through_what_is_known(name: str, tmp_path: Path) -> None:
    loop = loop_of(KNOWN[name], tmp_path)
    assert loop is not None
    assert not loop.repeats


@pytest.mark.parametrize("name", REPEATING)
def test_a_loop_that_repeats(name: str, tmp_path: Path) -> None:
    loop = loop_of(REPEATING[name], tmp_path)
    assert loop is not None
    assert loop.repeats


@pytest.mark.parametrize("name", NONE)
def test_no_loop(name: str, tmp_path: Path) -> None:
    assert loop_of(NONE[name], tmp_path) is None


def test_one_place_is_one_site_at_every_turn(tmp_path: Path) -> None:
    """Python specialises instructions while it runs; the place stays the same."""
    path = tmp_path / "code.py"
    path.write_text(
        "class A:\n    @property\n    def b(self): return note()\n\ndef f(a):\n    for _ in range(50): a.b\n"
    )
    stacks, found = Stacks(), set()
    namespace: dict[str, Any] = {"note": lambda: found.add(stacks.here(sys._getframe(1)).sites[:2])}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    namespace["f"](namespace["A"]())
    [(inner, outer)] = found
    assert (inner.line, outer.line) == (3, 6)


def test_a_file_that_is_no_python_has_no_loops(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("{% for x in xs %}{{ x }}{% endfor %}")
    found = []
    stacks = Stacks()
    exec(compile("note()", str(path), "exec"), {"note": lambda: found.append(stacks.here(sys._getframe(1)))})
    assert innermost_loop(found[0].sites[:1]) is None
    assert not is_fixture(found[0].sites[0])
