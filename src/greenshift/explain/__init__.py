"""From an exception, or a pasted traceback, to its cause and its fix."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from greenshift.explain.explanation import Edit, Explanation, Place
from greenshift.explain.failure import Failure, Frame, Raised, from_exception
from greenshift.explain.recognition import explain, explain_failure
from greenshift.explain.witness import ExplainedMissingGreenlet, Witness

if TYPE_CHECKING:
    from greenshift.explain.development import Installation, install
    from greenshift.explain.text import explain_text

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

# What a test run does not need: every run pays for what is imported above.
_IMPORTED_WHEN_ASKED: Final = {
    "Installation": "greenshift.explain.development",
    "explain_text": "greenshift.explain.text",
    "install": "greenshift.explain.development",
}


def __getattr__(name: str) -> Any:
    if name not in _IMPORTED_WHEN_ASKED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_IMPORTED_WHEN_ASKED[name]), name)
