"""What Greenshift said itself when it raised an error: its message holds the summary of the explanation."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from greenshift.explain.catalogue import ENTRIES
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure

_SUMMARY: Final = re.compile(
    r"\n(?P<kind>[^\n:]+): (?P<headline>[^\n]+?)(?:\n +fix: (?P<fix>[^\n]+?))?(?: \(Background on [^\n]*\))?(?:\n|$)"
)
_KINDS: Final = frozenset(entry.kind for entry in ENTRIES)


def with_summary(failure: Failure, explanation: Explanation | None) -> Explanation | None:
    """Return an explanation with what was known when the error was raised, where its message tells.

    Args:
        failure: what a text shows.
        explanation: what the catalogue makes of it.
    """
    raised = failure.find("ExplainedMissingGreenlet")
    found = None if raised is None else _SUMMARY.search(raised.message)
    if raised is None or found is None or found["kind"] not in _KINDS:
        return explanation
    if explanation is None or explanation.kind != found["kind"]:
        frame = failure.user_frame
        explanation = Explanation(
            found["kind"],
            found["headline"],
            raised.message.partition("\n")[0],
            () if frame is None else (frame.place("read here"),),
        )
    return replace(explanation, headline=found["headline"], fix=found["fix"] or explanation.fix, unknown=())
