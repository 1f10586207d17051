"""Each promise of the security page names tests that exist, and the tests of this folder are named there."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/security.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises() -> list[tuple[str, str]]:
    """Return each promise, and what holds it: the rows of the tables with that head."""
    found, inside = [], False
    for line in PAGE.splitlines():
        if line == "| promise | held by |":
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            promise, held = re.split(r"(?<!\\)\|", line.strip("|"))
            found.append((promise.strip(), held))
    return found


def names_of(path: Path) -> set[str]:
    """Return the names of a module's tests, also of those in classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name for one in functions if one.name.startswith("test_")}


def test_there_are_promises() -> None:
    sections = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert len(promises()) >= 30
    assert sections[-1] == "What is not promised"


@pytest.mark.parametrize(("promise", "held"), promises())
def test_a_promise_is_held_by_tests_that_exist(promise: str, held: str) -> None:
    named = TEST.findall(held)
    assert named, promise
    assert not TEST.sub("", held).strip(), "something else than tests is named"
    for path, name in named:
        assert (PROJECT / path).is_file(), path
        assert name in names_of(PROJECT / path), f"{path}::{name}"


def test_no_test_is_named_elsewhere_in_another_form() -> None:
    assert PAGE.count("::test_") == sum(len(TEST.findall(held)) for _, held in promises())


def test_the_dependencies_are_those_of_the_page() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (row,) = (promise for promise, _ in promises() if promise.startswith("Greenshift needs these packages"))
    assert re.findall(r"`([\w-]+)`", row) == sorted(Requirement(one).name for one in project["dependencies"])
