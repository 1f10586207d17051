"""Engines found in source: each form its own case."""

from __future__ import annotations

import pytest

from greenshift.check.facts import Program
from greenshift.check.static import read_program


def read(*sources: str, **files: str) -> Program:
    """Read a program whose only file, or whose file ``app/db.py``, is given."""
    program, findings = read_program({"app/db.py": sources[0]})
    assert not findings
    return program


MODULE = "from sqlalchemy import create_engine\n"


@pytest.mark.parametrize(
    ("source", "url"),
    [
        pytest.param('engine = create_engine("postgresql://a/b")', "postgresql://a/b", id="a text"),
        pytest.param('engine = create_engine(url="postgresql://a/b")', "postgresql://a/b", id="by name"),
        pytest.param('URL = "postgresql://a/b"\nengine = create_engine(URL)', "postgresql://a/b", id="a constant"),
        pytest.param(
            'def make(url):\n    return create_engine(url)\nengine = make("postgresql://a/b")',
            "postgresql://a/b",
            id="a parameter",
        ),
    ],
)
def test_the_url_is_known(source: str, url: str) -> None:
    (engine,) = read(MODULE + source).engines
    assert engine.url.known == url
