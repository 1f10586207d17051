"""Functions that are called by way of the registry of a library's object."""

from __future__ import annotations

import textwrap

import pytest

from greenshift.shift.rewrite.stages import run_stages

TOOLS = """\
from fastmcp import FastMCP
from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))
server = FastMCP("shop")


@server.tool(name="count")
def count() -> int:
    with SessionLocal() as session:
        return session.scalar(select(1))
"""


def flipped(test: str) -> str:
    """Return what becomes of a test beside an application whose function a library's object holds."""
    texts = {"tools.py": TOOLS, "tests/test_tools.py": textwrap.dedent(test)}
    return run_stages(texts)[-1].texts["tests/test_tools.py"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('server._tools["count"].fn()', 'await server._tools["count"].fn()'),
        ('server._manager._tools["count"].fn(limit=1)', 'await server._manager._tools["count"].fn(limit=1)'),
        # Methods of the object itself, and of what it holds, are the library's.
        ("server.list_tools()", "server.list_tools()"),
        ('server._tools["count"].describe()', 'server._tools["count"].describe()'),
    ],
)
def test_an_entry_is_called(call: str, expected: str) -> None:
    text = flipped(f"from tools import server\n\n\ndef test_count():\n    assert {call} == 1\n")
    assert f"assert {expected} == 1" in text


def test_through_a_variable_and_a_function_of_the_tests() -> None:
    text = flipped("""
        from tools import server


        def call_tool(mcp, name):
            tool = mcp._tools[name]
            return tool.fn()


        def test_count():
            assert call_tool(server, "count") == 1
    """)
    assert "async def call_tool(mcp, name):" in text
    assert "return await tool.fn()" in text
    assert 'assert await call_tool(server, "count") == 1' in text
