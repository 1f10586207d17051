"""From a failure to its explanation."""

from __future__ import annotations

import logging

from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure, from_exception

logger = logging.getLogger("greenshift.explain")


def explain(error: BaseException) -> Explanation | None:
    """Explain an exception.

    Args:
        error: any exception, best with its traceback.

    Returns:
        Its explanation, or None where the catalogue has none.
    """
    for one in from_exception(error).chain:
        explanation = getattr(one.exception, "explanation", None)
        if isinstance(explanation, Explanation):
            return explanation
    return explain_failure(from_exception(error))


def explain_failure(failure: Failure) -> Explanation | None:
    """Explain a failure, live or read from text; an entry that itself fails is logged and passed over.

    Args:
        failure: what happened.
    """
    # Imported when something failed: the entries need LibCST, which an application that runs well does not.
    from greenshift.explain.catalogue import ENTRIES

    for entry in ENTRIES:
        try:
            explanation = entry.recognise(failure)
        except Exception:
            logger.exception("greenshift: the catalogue's entry %r failed", entry.kind)
            continue
        if explanation is not None:
            return explanation
    return None
