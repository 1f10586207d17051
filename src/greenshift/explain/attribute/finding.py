"""The reads of attributes behind a failure, wherever it shows them."""

from __future__ import annotations

from greenshift.explain.attribute.printed import with_names
from greenshift.explain.attribute.read import AttributeRead, ReadKind, read_in_frames
from greenshift.explain.attribute.validation import reads_in_validation
from greenshift.explain.failure import Failure


def is_missing_greenlet(failure: Failure) -> bool:
    """Return whether a failure is SQLAlchemy's ``MissingGreenlet``, in whatever it is wrapped.

    Args:
        failure: what happened.
    """
    return any(
        raised.type_name in {"MissingGreenlet", "ExplainedMissingGreenlet"}
        or "MissingGreenlet" in raised.message
        or "greenlet_spawn has not been called" in raised.message
        for raised in failure.chain
    )


def unloaded_reads(failure: Failure, kind: ReadKind) -> list[AttributeRead]:
    """Return the reads of one kind that failed for want of a greenlet; several only where Pydantic made them.

    Args:
        failure: what happened.
        kind: which kind.
    """
    if is_missing_greenlet(failure):
        read = read_in_frames(failure)
        if read is not None:
            return [with_names(read, failure)] if read.kind == kind else []
    reads = reads_in_validation(failure, "MissingGreenlet")
    # An expired object explains all that fails of it.
    if any(one.kind == "expired attribute" for one in reads):
        return [one for one in reads if one.kind == "expired attribute"] if kind == "expired attribute" else []
    return alike(reads) if reads and reads[0].kind == kind else []


def alike(reads: list[AttributeRead]) -> list[AttributeRead]:
    """Return those of several reads that one remedy mends: of the first's kind, of objects of the same statement.

    Args:
        reads: at least one.
    """
    source = reads[0].source
    return [one for one in reads if one.kind == reads[0].kind and one.source is source]
