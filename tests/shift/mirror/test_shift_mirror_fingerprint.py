"""What a fingerprint tells apart, and what it does not."""

from __future__ import annotations

import pytest

from greenshift.shift.mirror.fingerprint import Marker, fingerprint, read_marker

FUNCTION = "def f(a):\n    # One.\n    return [a, 1]\n"


@pytest.mark.parametrize(
    "other",
    [
        "def f(a):\n    # One.\n    return [\n        a,\n        1,\n    ]\n",
        "def f( a ) :\n  # One.\n  return [a, 1]\n",
        "    def f(a):\n        # One.\n        return [a, 1]\n"[:0] + FUNCTION,
    ],
)
def test_layout_makes_no_difference(other: str) -> None:
    assert fingerprint(other) == fingerprint(FUNCTION)


@pytest.mark.parametrize(
    "other",
    [
        FUNCTION.replace("1", "2"),
        FUNCTION.replace("# One.", "# Two."),
        FUNCTION.replace("    # One.\n", ""),
        FUNCTION.replace("def", "async def"),
        "def f(a):\n    # One.\n    return [a, '1']\n",
        "def f(a):\n    # One.\n    if a:\n        pass\n    return [a, 1]\n",
    ],
)
def test_code_and_comments_make_a_difference(other: str) -> None:
    assert fingerprint(other) != fingerprint(FUNCTION)


def test_white_space_in_strings_makes_a_difference_and_the_indentation_of_a_docstring_none() -> None:
    assert fingerprint('x = "a b"\n') != fingerprint('x = "ab"\n')
    one, two = 'def f():\n    """A\n    b."""\n', 'def f():\n    """A\n      b."""\n'
    assert fingerprint(one) == fingerprint(two)


def test_the_beginning_of_a_class_has_one() -> None:
    assert fingerprint("class TestA:\n") != fingerprint("class TestB:\n")
    assert fingerprint("    @mark\n    class TestA:\n") != fingerprint("    class TestA:\n")


def test_a_marker_is_read_as_it_was_written() -> None:
    marker = Marker("conftest.py::user", "0123456789ab", "ba9876543210")
    assert read_marker(marker.line("    ")) == marker
    assert read_marker("# greenshift mirror of nothing\n") is None
