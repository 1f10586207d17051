"""Tests that send other SQL each time they run, before already: nothing can be held to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from greenshift.shift.verify.comparison.tests import RunComparison, compare_transcripts
from greenshift.shift.verify.transcript.records import RunRecord

# Where more tests differ, it is the shift.
_MOST: Final = 20


def excuse_unsteady(comparison: RunComparison, run_before: Callable[[Sequence[str]], RunRecord]) -> None:
    """Run the tests whose SQL differs twice more as they were before, and excuse those whose runs differ too.

    Args:
        comparison: of the two sides; loses the differences of the tests that are excused.
        run_before: runs some tests of the state before.
    """
    names = comparison.with_other_sql
    if not names or len(names) > _MOST:
        return
    one, other = run_before(names), run_before(names)
    runs = (comparison.before, one, other)
    comparison.excuse([name for name in names if not all(_agree(name, *pair) for pair in pairwise(runs))])


def _agree(name: str, one: RunRecord, other: RunRecord) -> bool:
    first, second = one.tests.get(name), other.tests.get(name)
    if first is None or second is None:
        return True
    # Fixtures that many tests share are set up in another test where fewer run.
    bodies = ([entry for entry in test.entries if entry.phase == "call"] for test in (first, second))
    return not compare_transcripts(name, *bodies).differences
