"""Tracebacks of public issue threads are told apart; what they are was written down before the tool was asked."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from greenshift.explain import explain_text
from greenshift.explain.text import parse

FOLDER = Path(__file__).parent / "public_tracebacks"
INDEX = tomllib.loads((FOLDER / "index.toml").read_text())
TELLING = [name for name, about in INDEX.items() if "unknown" not in about]


def kinds(name: str) -> list[str]:
    return [one.kind for one in explain_text((FOLDER / f"{name}.txt").read_text())]


def test_the_index_names_every_file() -> None:
    assert sorted(INDEX) == sorted(path.stem for path in FOLDER.glob("*.txt"))
    assert len(INDEX) >= 24
    assert all(about["source"] and about["kind"] for about in INDEX.values())


@pytest.mark.parametrize("name", INDEX)
def test_its_errors_are_found(name: str) -> None:
    assert parse((FOLDER / f"{name}.txt").read_text())


@pytest.mark.parametrize("name", TELLING)
def test_its_kind_is_named(name: str) -> None:
    assert set(kinds(name)) == {INDEX[name]["kind"]}


def test_nine_in_ten_are_named_right() -> None:
    """All of them count here, also those whose text cannot tell: 18 of 20."""
    right = [name for name, about in INDEX.items() if about["kind"] in kinds(name)]
    assert len(right) >= 0.9 * len(INDEX), sorted(set(INDEX) - set(right))
