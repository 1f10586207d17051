"""``time.sleep`` turned into ``await asyncio.sleep``, only where that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.sleeping import sleep_edits


def edited(tmp_path: Path, text: str) -> str | None:
    """The text after its edits, for the line with the comment; None where there are none."""
    path = tmp_path / "source.py"
    path.write_text(text)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "# here" in one)
    edits = sleep_edits(str(path), line)
    if not edits:
        return None
    apply(edits)
    return path.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import time\nasync def f():\n    time.sleep(1)  # here\n",
            "import asyncio\nimport time\nasync def f():\n    await asyncio.sleep(1)  # here\n",
        ),
        (
            "import asyncio\nfrom time import sleep\nasync def f():\n    sleep(1)  # here\n",
            "import asyncio\nfrom time import sleep\nasync def f():\n    await asyncio.sleep(1)  # here\n",
        ),
        (
            '"""Text."""\n\nfrom __future__ import annotations\n\nimport time as t\n\n'
            "async def f():\n    t.sleep(1)  # here\n",
            '"""Text."""\n\nfrom __future__ import annotations\n\nimport asyncio\nimport time as t\n\n'
            "async def f():\n    await asyncio.sleep(1)  # here\n",
        ),
    ],
)
def test_it_is_turned(tmp_path: Path, before: str, after: str) -> None:
    assert edited(tmp_path, before) == after


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef f():\n    time.sleep(1)  # here\n",
        "import time\nasync def f():\n    return lambda: time.sleep(1)  # here\n",
        "import time\nasync def f():\n    time.sleep(1); time.sleep(2)  # here\n",
        "import time\nasyncio = None\nasync def f():\n    time.sleep(1)  # here\n",
        "async def f():\n    import time\n    time.sleep(1)  # here\n",
        "import clock as time\nasync def f():\n    time.sleep(1)  # here\n",
        "import time\nasync def f(x):\n    x.sleep(1)  # here\n",
    ],
)
def test_it_is_left(tmp_path: Path, text: str) -> None:
    assert edited(tmp_path, text) is None
