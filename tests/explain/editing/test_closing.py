"""The line that closed a session is found above the one that used it."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing.closing import closed_above
from greenshift.explain.editing.source import read_source

SAMPLES = {
    "close": ("async def f(s):\n    await s.close()\n    await s.execute(x)  # USE\n", 2),
    "an attribute": ("async def f(self):\n    await self.s.aclose()\n    await self.s.execute(x)  # USE\n", 2),
    "the end of its block": ("def f(m):\n    with m() as s:\n        pass\n    s.execute(x)  # USE\n", 2),
    "the nearest": ("def f(m):\n    with m() as s:\n        pass\n    s.close()\n    s.execute(x)  # USE\n", 4),
    "another session": ("def f(s, t):\n    t.close()\n    s.execute(x)  # USE\n", None),
    "below": ("def f(s):\n    s.execute(x)  # USE\n    s.close()\n", None),
    "a block that goes on": ("def f(m):\n    with m() as s:\n        s.execute(x)  # USE\n", None),
    "no function": ("s.execute(x)  # USE\n", None),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_line_that_closed_is_found(name: str, tmp_path: Path) -> None:
    code, expected = SAMPLES[name]
    path = tmp_path / "sample.py"
    path.write_text(code)
    source = read_source(str(path))
    assert source is not None
    assert closed_above(source, code[: code.index("USE")].count("\n") + 1) == expected
