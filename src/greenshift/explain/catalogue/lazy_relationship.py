"""A relationship that no option loaded, read outside the session's await."""

from __future__ import annotations

from greenshift.explain.attribute.answer import because_of_loading, places, unknown_names
from greenshift.explain.attribute.eager import load_with_query
from greenshift.explain.attribute.finding import unloaded_reads
from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure


class LazyRelationship(Entry):
    """``MissingGreenlet`` from ``account.owner``."""

    kind = "lazy relationship"
    title = "A relationship that the query did not load is read outside an `await`"
    source = (
        "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession"
    )

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a relationship was to be loaded outside the greenlet."""
        reads = unloaded_reads(failure, "lazy relationship")
        if not reads:
            return None
        remedy = load_with_query(reads)
        return Explanation(
            kind=self.kind,
            headline=f"{_subject(reads)} not loaded, read outside the session's await",
            because=because_of_loading(reads, failure),
            where=places(reads[0], remedy),
            fix=remedy.fix,
            edits=remedy.edits,
            unknown=(*unknown_names(reads[0]), *remedy.unknown),
        )


def _subject(reads: list[AttributeRead]) -> str:
    names = list(dict.fromkeys(read.name for read in reads if read.attribute is not None))
    if not names:
        return "a relationship is"
    return f"{' and '.join(names)} {'are relationships that are' if len(names) > 1 else 'is a relationship that is'}"
