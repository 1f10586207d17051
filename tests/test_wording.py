"""Words of the command line and of reports."""

from __future__ import annotations

import pytest

from greenshift.wording import counted


@pytest.mark.parametrize(
    ("number", "plural", "words"),
    [
        (0, "", "0 boundarys"),
        (1, "boundaries", "1 boundary"),
        (2, "boundaries", "2 boundaries"),
        (1200, "", "1,200 boundarys"),
    ],
)
def test_a_number_and_its_noun(number: int, plural: str, words: str) -> None:
    assert counted(number, "boundary", plural) == words
