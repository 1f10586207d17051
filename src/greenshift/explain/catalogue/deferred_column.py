"""A deferred column, read outside the session's await."""

from __future__ import annotations

from greenshift.explain.attribute.answer import because_of_loading, places, unknown_names
from greenshift.explain.attribute.eager import load_with_query
from greenshift.explain.attribute.finding import unloaded_reads
from greenshift.explain.attribute.read import AttributeRead, is_of_subclass
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure


class DeferredColumn(Entry):
    """``MissingGreenlet`` from a column that is mapped ``deferred``, or left out by ``defer()`` or ``load_only()``."""

    kind = "deferred column"
    title = "A deferred column is read outside an `await`"
    source = (
        "https://docs.sqlalchemy.org/en/20/orm/queryguide/columns.html#limiting-which-columns-load-with-column-deferral"
    )

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a deferred column was to be loaded outside the greenlet."""
        reads = unloaded_reads(failure, "deferred column")
        if not reads:
            return None
        remedy = load_with_query(reads)
        names = " and ".join(dict.fromkeys(read.name for read in reads))
        return Explanation(
            kind=self.kind,
            headline=f"{names}, {_what(reads[0])}, is not loaded and was read outside the session's await",
            because=because_of_loading(reads, failure),
            where=places(reads[0], remedy),
            fix=remedy.fix,
            edits=remedy.edits,
            unknown=(*unknown_names(reads[0]), *remedy.unknown),
        )


def _what(read: AttributeRead) -> str:
    state = read.state
    if state is not None and read.attribute is not None and is_of_subclass(state, read.attribute):
        return f"a column of the table of {read.model}"
    return "a deferred column"
