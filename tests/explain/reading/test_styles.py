"""The styles of pytest, IPython, Rich and Loguru are read as Python's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.explain import Failure
from greenshift.explain.text import parse

PROGRAM = """
class MissingGreenlet(Exception):
    pass


def lookup(table, key):
    return table[key]


def read(key):
    try:
        return lookup({}, key)
    except KeyError as error:
        raise MissingGreenlet(f"no row {key}\\nDETAIL:  a second line") from error


def test_read():
    value = 1
    assert read("k") == value
"""


def shown(failure: Failure) -> list[tuple[str, str, list[tuple[str, int, str, str]]]]:
    return [
        (one.type_name, one.message, [(Path(f.file).name, f.line, f.function, f.code) for f in one.frames])
        for one in failure.chain
    ]


EXPECTED = [
    (
        "MissingGreenlet",
        "no row k\nDETAIL:  a second line",
        [
            ("test_program.py", 19, "test_read", 'assert read("k") == value'),
            (
                "test_program.py",
                14,
                "read",
                'raise MissingGreenlet(f"no row {key}\\nDETAIL:  a second line") from error',
            ),
        ],
    ),
    (
        "KeyError",
        "'k'",
        [
            ("test_program.py", 12, "read", "return lookup({}, key)"),
            ("test_program.py", 7, "lookup", "return table[key]"),
        ],
    ),
]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "test_program.py"
    path.write_text(PROGRAM)
    return path


@pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
def test_what_pytest_prints(program: Path, style: str) -> None:
    arguments = [
        "-p",
        "no:greenshift",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        f"--tb={style}",
        "-c",
        "/dev/null",
    ]
    printed = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, program], capture_output=True, text=True, cwd=program.parent
    ).stdout
    assert "1 failed" in printed

    [failure] = parse(printed)

    found = [
        (name, message, [frame for frame in frames if frame[0] == "test_program.py"])
        for name, message, frames in shown(failure)
    ]
    assert found == EXPECTED


def test_what_pytest_prints_in_a_line(program: Path) -> None:
    arguments = ["-p", "no:greenshift", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=line", "-c", "/dev/null"]
    printed = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, program], capture_output=True, text=True, cwd=program.parent
    ).stdout

    [failure] = parse(printed)

    assert shown(failure) == [
        ("MissingGreenlet", "no row k\nDETAIL:  a second line", [("test_program.py", 14, "", "")]),
        ("KeyError", "'k'", []),
    ]


def test_two_failed_tests_are_two_failures(program: Path) -> None:
    program.write_text(PROGRAM + "\n\ndef test_other():\n    raise ValueError('other')\n")
    arguments = ["-p", "no:greenshift", "-p", "no:randomly", "-p", "no:cacheprovider", "-c", "/dev/null"]
    printed = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, program], capture_output=True, text=True, cwd=program.parent
    ).stdout

    assert [failure.chain[0].type_name for failure in parse(printed)] == ["MissingGreenlet", "ValueError"]


@pytest.mark.parametrize("width", [60, 100, 200])
def test_what_rich_draws(program: Path, width: int) -> None:
    code = (
        "import sys; from rich.console import Console; from rich.traceback import Traceback; import test_program\n"
        "try: test_program.test_read()\n"
        f"except Exception: Console(width={width}).print(Traceback(show_locals=True))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=program.parent).stdout
    assert "╭" in printed

    raised = [
        (one.type_name, [(Path(f.file).name, f.line) for f in one.frames if "test_program" in f.file])
        for failure in parse(printed)
        for one in failure.chain
    ]

    # Rich prints the cause first, and says between the boxes that the other followed from it.
    assert raised == [
        ("MissingGreenlet", [("test_program.py", 19), ("test_program.py", 14)]),
        ("KeyError", [("test_program.py", 12), ("test_program.py", 7)]),
    ]


def test_a_box_that_breaks_before_the_function_is_put_together() -> None:
    drawn = """╭────── Traceback (most recent call last) ───────╮
│ /srv/shop/tests/test_program.py:19 in          │
│ test_read                                      │
│                                                │
│ ❱ 19 │   assert read("k") == value             │
╰────────────────────────────────────────────────╯
KeyError: 'k'
"""
    [failure] = parse(drawn)
    [frame] = failure.chain[0].frames
    assert (frame.file, frame.line, frame.function) == ("/srv/shop/tests/test_program.py", 19, "test_read")


IPYTHON = """---------------------------------------------------------------------------
KeyError                                  Traceback (most recent call last)
File ~/shop/read.py:12, in read(key)
     11 try:
---> 12     return lookup({}, key)
     13 except KeyError as error:

File ~/shop/read.py:7, in lookup(table, key)
      6 def lookup(table, key):
----> 7     return table[key]

KeyError: 'k'

The above exception was the direct cause of the following exception:

MissingGreenlet                           Traceback (most recent call last)
Cell In[3], line 1
----> 1 read("k")

File ~/shop/read.py:14, in read(key)
     12     return lookup({}, key)
     13 except KeyError as error:
---> 14     raise MissingGreenlet("no row") from error

MissingGreenlet: no row
"""


def test_what_ipython_prints() -> None:
    [failure] = parse(IPYTHON)

    assert shown(failure) == [
        ("MissingGreenlet", "no row", [("read.py", 14, "read", 'raise MissingGreenlet("no row") from error')]),
        (
            "KeyError",
            "'k'",
            [("read.py", 12, "read", "return lookup({}, key)"), ("read.py", 7, "lookup", "return table[key]")],
        ),
    ]


LOGURU = """2026-01-31 10:00:00.181 | ERROR    | __main__:<module>:10 - An error has been caught
Traceback (most recent call last):

> File "/srv/shop/main.py", line 20, in <module>
    read("k")
    └ <function read at 0x7f6d1c0b2a10>

  File "/srv/shop/main.py", line 12, in read
    return lookup({}, key)
           │          └ 'k'
           └ <function lookup at 0x7f6d1c0b2b20>

KeyError: 'k'
"""


def test_what_loguru_prints() -> None:
    [failure] = parse(LOGURU)

    assert shown(failure) == [
        (
            "KeyError",
            "'k'",
            [("main.py", 20, "<module>", 'read("k")'), ("main.py", 12, "read", "return lookup({}, key)")],
        )
    ]
