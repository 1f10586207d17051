"""Parsing goes on where Python 3.11's parser miscounts."""

from __future__ import annotations

import ast

import pytest

from greenshift.explain.python_source import parse


def test_a_miscount_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = ast.parse, []

    def miscounts(text: str) -> ast.Module:
        calls.append(text)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch (before=153, after=211)")
        return original(text)

    monkeypatch.setattr(ast, "parse", miscounts)
    assert isinstance(parse("a = 1").body[0], ast.Assign)
    assert calls == ["a = 1"] * 2


def test_what_is_no_python_stays_an_error() -> None:
    with pytest.raises(SyntaxError):
        parse("def (")
