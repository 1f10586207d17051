"""Rows that were written and never committed, looked for in another transaction."""

from __future__ import annotations

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure
from greenshift.explain.uncommitted import KIND, SOURCE


class CommitForgotten(Entry):
    """A read that sees nothing: any exception may come of it, so that only what was watched tells."""

    kind = KIND
    title = "What one session wrote and did not commit is read by another, which sees nothing"
    source = SOURCE

    def recognise(self, failure: Failure) -> Explanation | None:
        for raised in failure.chain:
            explanation = getattr(raised.exception, "explanation", None)
            if isinstance(explanation, Explanation) and explanation.kind == self.kind:
                return explanation
        return None
