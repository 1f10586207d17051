"""An attribute that a commit, a rollback or a flush expired, read outside the session's await."""

from __future__ import annotations

from greenshift.explain.attribute.answer import places, unknown_names
from greenshift.explain.attribute.expiry import cause_of, keep_or_refresh
from greenshift.explain.attribute.finding import unloaded_reads
from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure


class ExpiredAttribute(Entry):
    """``MissingGreenlet`` from ``account.name`` after ``await session.commit()``."""

    kind = "expired attribute"
    title = "An attribute that a commit, a rollback or a flush expired is read outside an `await`"
    source = "https://docs.sqlalchemy.org/en/20/orm/session_state_management.html#refreshing-expiring"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if an expired attribute was to be loaded outside the greenlet."""
        reads = unloaded_reads(failure, "expired attribute")
        if not reads:
            return None
        read = reads[0]
        cause = cause_of(read)
        remedy = keep_or_refresh(read, cause)
        what = f"of the {read.model} " if read.model and cause.by != "flush" else ""
        return Explanation(
            kind=self.kind,
            headline=_headline(read),
            because=(
                f"what was loaded {what}was expired {cause.text}; the next read asks the database again, "
                "which an asyncio session can do only inside an await"
            ),
            where=(*places(read, remedy), *cause.where),
            fix=remedy.fix,
            edits=remedy.edits,
            unknown=(*unknown_names(read), *remedy.unknown),
        )


def _headline(read: AttributeRead) -> str:
    if read.is_relationship:
        return f"{read.name} was read of an expired {read.model}, outside the session's await"
    if read.attribute is None:
        return f"{read.name} that is expired was read outside the session's await"
    return f"{read.name} is expired, and was read outside the session's await"
