"""From an exception, or a pasted traceback, to its cause and its fix."""

from __future__ import annotations

from greenshift.explain.development import Installation, install
from greenshift.explain.explanation import Edit, Explanation, Place
from greenshift.explain.failure import Failure, Frame, Raised, from_exception
from greenshift.explain.recognition import explain, explain_failure
from greenshift.explain.text import explain_text
from greenshift.explain.witness import ExplainedMissingGreenlet, Witness

__all__ = [
    "Edit",
    "ExplainedMissingGreenlet",
    "Explanation",
    "Failure",
    "Frame",
    "Installation",
    "Place",
    "Raised",
    "Witness",
    "explain",
    "explain_failure",
    "explain_text",
    "from_exception",
    "install",
]
