"""Reads of attributes that may send a statement: they are bridged, and make the functions around them async."""

from __future__ import annotations

from collections.abc import Callable, Collection

from greenshift.shift.colour.call_graph import CallGraph
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.touches import Touch
from greenshift.shift.loading.asking import Asking, asking_reads
from greenshift.shift.project import Function

FLUSHING = {"commit", "flush"}


def add_asking_reads(
    kinds: Kinds, graph: CallGraph, sending: Collection[Function], counts: Callable[[Touch], bool]
) -> list[Asking]:
    """Add to a call graph what reading an attribute may send.

    Args:
        kinds: The analysis.
        graph: The call graph.
        sending: Functions that send something, themselves or through what they call.
        counts: Whether a touch is to become async.

    Returns:
        What routes return whose response model reads such an attribute.
    """
    writing = _writing(graph)
    answers: list[Asking] = []
    for read in asking_reads(kinds, sending, writing.__contains__):
        unit = kinds.unit(read.node)
        form = "bridge" if read.answers is None else "other"
        method = "for" if read.is_iterated else read.name
        touch = Touch(read.node, read.module, "attribute", method, form)
        if unit is None or not counts(touch):
            continue
        graph.touches.setdefault(unit, []).append(touch)
        if read.answers is not None:
            answers.append(read)
    return answers


def _writing(graph: CallGraph) -> set[object]:
    """The functions that flush, themselves or through what they call."""
    found: set[object] = {
        unit
        for unit, touches in graph.touches.items()
        if any(touch.what == "session" and touch.method in FLUSHING for touch in touches)
    }
    stack = [unit for unit in found if isinstance(unit, Function)]
    while stack:
        for edge in graph.callers.get(stack.pop(), ()):
            if edge.caller not in found:
                found.add(edge.caller)
                if isinstance(edge.caller, Function):
                    stack.append(edge.caller)
    return found
