"""A file without the functions that a line is not in keeps its lines, its names and what stands around the line."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

import greenshift.explain
from greenshift.explain.editing.focus import focused

CODE = textwrap.dedent(
    '''
    """Doc."""
    import os

    X = 1


    @decorated(
        1,
    )
    def first(a, b=lambda: (
        2
    )):
        """Doc."""
        text = """
    not code
    """
        return a


    class Second:
        y: int = 1

        def method(self):
            return self.y

        async def other(self):
            @inner
            def deep():
                return 1

            return deep


    def third(): return 3
    '''
).lstrip("\n")


def line_of(part: str) -> int:
    return CODE[: CODE.index(part)].count("\n") + 1


def test_other_functions_are_empty() -> None:
    after = focused(CODE, line_of("return deep"))
    assert "return deep" in after
    assert "return 1" not in after
    assert "return self.y" not in after
    assert "return a" not in after
    assert "X = 1" in after
    assert "def third(): return 3" in after


def test_the_decorated_function_of_the_line_is_kept() -> None:
    assert "return a" in focused(CODE, line_of("@decorated"))
    assert "return 1" in focused(CODE, line_of("@inner"))


SOURCES = sorted(Path(inspect.getfile(greenshift.explain)).parent.rglob("*.py"))


@given(st.sampled_from(SOURCES), st.integers(min_value=1, max_value=300))
def test_any_file_keeps_its_lines_and_its_names(path: Path, line: int) -> None:
    text = path.read_text()
    after = focused(text, line)
    before_lines, after_lines = text.splitlines(), after.splitlines()
    assert len(after_lines) == len(before_lines)
    assert all(one in (other, "") or one.strip() == "..." for one, other in zip(after_lines, before_lines, strict=True))
    if line <= len(before_lines):
        assert after_lines[line - 1] == before_lines[line - 1]
    cst.parse_module(after)
    assert _names(after) == _names(text)


def _names(text: str) -> list[tuple[str, int]]:
    tree = ast.parse(text)
    return [(one.name, one.lineno) for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]


def test_line_ends_of_windows_stay() -> None:
    text = CODE.replace("\n", "\r\n")
    after = focused(text, 1)
    assert after.count("\n") == after.count("\r\n") == text.count("\r\n")


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        focused("def (", 1)
