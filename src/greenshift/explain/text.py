"""Tracebacks read from text: a log, a terminal's output, an issue."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure
from greenshift.explain.reading.blocks import blocks
from greenshift.explain.reading.chains import failures
from greenshift.explain.reading.streams import streams
from greenshift.explain.reading.styles import plain
from greenshift.explain.reading.summary import with_summary
from greenshift.explain.recognition import explain_failure


@dataclass(frozen=True)
class Finding:
    """An error that a text shows.

    Args:
        failure: what the text shows of it; the first time.
        explanation: what the catalogue says of it, or None.
        count: how many times the text shows it.
    """

    failure: Failure
    explanation: Explanation | None
    count: int


def parse(text: str) -> list[Failure]:
    """Return the failures that a text shows, in its order.

    It reads what Python prints, exception groups among it, and the styles of pytest, IPython, Rich and Loguru; several
    in one log, behind the prefixes of loggers and containers, or as strings of JSON records.

    Args:
        text: anything; what is no traceback is passed over, and the passwords of URLs are masked.
    """
    found = [one for stream in streams(text) for one in failures(blocks(plain(stream)))]
    found.sort(key=lambda one: one[0])
    return _without_echoes([failure for _, failure in found])


def read(*texts: str) -> list[Finding]:
    """Return the errors that texts show, each once, with its explanation where the catalogue has one.

    Args:
        texts: a traceback, or a log with several.
    """
    counts: dict[object, int] = {}
    firsts: dict[object, tuple[Failure, Explanation | None]] = {}
    for failure in (failure for text in texts for failure in parse(text)):
        explanation = with_summary(failure, explain_failure(failure))
        key = failure.chain if explanation is None else explanation
        firsts.setdefault(key, (failure, explanation))
        counts[key] = counts.get(key, 0) + 1
    return [Finding(failure, explanation, counts[key]) for key, (failure, explanation) in firsts.items()]


def explain_text(text: str) -> list[Explanation]:
    """Explain the tracebacks in a text, without the application that printed them.

    Args:
        text: a traceback, or a log with several.

    Returns:
        The explanations in the order of the text, each once; each says what could not be known.
    """
    return [one.explanation for one in read(text) if one.explanation is not None]


def _without_echoes(found: list[Failure]) -> list[Failure]:
    """Leave out last lines that repeat a traceback of the same text: pytest's summary, a log's message."""
    told = {(one.type_name, one.message.partition("\n")[0]) for failure in found for one in failure.chain if one.frames}
    return [failure for failure in found if failure.frames or not _echo(failure, told)]


def _echo(failure: Failure, told: set[tuple[str, str]]) -> bool:
    first = failure.chain[0]
    message = first.message.partition("\n")[0]
    if (first.type_name, message) in told:
        return True
    begun = message.removesuffix("...")  # pytest cuts its summary to the terminal's width
    return begun != message and any(name == first.type_name and one.startswith(begun) for name, one in told)
