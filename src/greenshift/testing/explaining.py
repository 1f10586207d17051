"""What a failed test is told: what its error means, and which errors the application swallowed before it."""

from __future__ import annotations

from greenshift.explain import Witness, explain
from greenshift.explain.uncommitted import Uncommitted

_SWALLOWED_LIMIT = 3


class FailureExplainer:
    """Watches a run for errors, and explains those of a test that failed."""

    def __init__(self) -> None:
        self._witness: Witness | None = None
        self._uncommitted: Uncommitted | None = None

    def install(self) -> None:
        """Start to watch."""
        self._witness = Witness()
        self._uncommitted = Uncommitted()

    def uninstall(self) -> None:
        """Stop to watch."""
        if self._witness is not None:
            self._witness.close()
            self._witness = None
        if self._uncommitted is not None:
            self._uncommitted.close()
            self._uncommitted = None

    def begin(self) -> None:
        """A test begins: errors of earlier ones are none of its business."""
        if self._witness is not None:
            self._witness.forget()
        if self._uncommitted is not None:
            self._uncommitted.forget()

    def sections(self, error: BaseException) -> list[tuple[str, str]]:
        """Return the sections of a failure report, each a title and a text.

        Args:
            error: what the test, its set-up or its teardown raised.
        """
        explanation = explain(error)
        sections = [] if explanation is None else [("greenshift explains", str(explanation))]
        swallowed = [] if self._witness is None else self._witness.explanations()
        others = [one for one in swallowed if explanation is None or not one.is_same_error_as(explanation)]
        # One that the test itself caught before it failed for another reason is the less likely cause: the last count.
        for one in others[-_SWALLOWED_LIMIT:]:
            sections.append(("greenshift explains: raised earlier in this test, and swallowed", str(one)))
        if not sections and self._uncommitted is not None:
            # Nothing was raised that says why: perhaps the test did not find what was never committed.
            forgotten = self._uncommitted.explanations()
            sections += [("greenshift explains: this may be why", str(one)) for one in forgotten[:1]]
        return sections
