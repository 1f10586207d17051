"""Tracebacks read from text: a log, a terminal's output, an issue."""

from __future__ import annotations

import re

from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure, Frame, Raised
from greenshift.explain.recognition import explain_failure
from greenshift.trace import is_user_file

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_RAISED = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?::\s(?P<message>.*))?$")


def parse(text: str) -> list[Failure]:
    """Return the failures that a text shows, in its order.

    Args:
        text: anything; what is no traceback is passed over.
    """
    raised: list[Raised] = []
    frames: list[Frame] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if found := _FRAME.match(line):
            code = lines[number + 1].strip() if number + 1 < len(lines) else ""
            name = found["file"]
            frames.append(Frame(name, int(found["line"]), found["function"] or "", code, is_user_file(name)))
        elif frames and (end := _RAISED.match(line)):
            module, _, name = end["name"].rpartition(".")
            raised.append(Raised(name, module, end["message"] or "", tuple(frames)))
            frames = []
    return [Failure(tuple(reversed(raised)), text, live=False)] if raised else []


def explain_text(text: str) -> list[Explanation]:
    """Explain the tracebacks in a text, without the application that printed them.

    Args:
        text: a traceback, or a log with several.

    Returns:
        The explanations in the order of the text; each says what could not be known.
    """
    return [one for failure in parse(text) if (one := explain_failure(failure)) is not None]
