"""Reads that Pydantic made: it swallows the error and reports its text, the attribute's name and the object."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, cast

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from greenshift.explain.attribute.read import AttributeRead, ReadKind, kind_of_state
from greenshift.explain.failure import Failure, Frame, Raised

_TYPES: Final = frozenset({"ValidationError", "ResponseValidationError"})
_EXTRACTING: Final = "Error extracting attribute: "
# pydantic's own text: the attribute's path on a line, and the error on the next, with the object's class behind it.
_PRINTED: Final = re.compile(
    r"^(?P<loc>[\w.]+)\n\s+Error extracting attribute: (?P<error>\w+): (?P<message>.*?)"
    r"\[type=get_attribute_error, input_value=.*?, input_type=(?P<model>\w+)\]",
    re.MULTILINE | re.DOTALL,
)
# FastAPI's text: a dict for each error.
_PRINTED_DICT: Final = re.compile(
    r"'type': 'get_attribute_error', 'loc': \((?P<loc>[^)]*)\), "
    r"""'msg': ["']Error extracting attribute: (?P<error>\w+): (?P<message>.*?)["'], """
    r"'input': (?:<(?P<model>[\w.<>]+) object)?",
    re.DOTALL,
)
# The message of Greenshift's own MissingGreenlet carries its explanation.
_EXPLAINED: Final = re.compile(r"(?:\n|\\n)\s*(?P<kind>lazy relationship|deferred column|expired attribute): ")
_TIMES: Final = re.compile(r"(^|_)(id|at|on|date|time)$")


def reads_in_validation(failure: Failure, *errors: str) -> list[AttributeRead]:
    """Return the reads that a Pydantic error reports because SQLAlchemy could not load them.

    Args:
        failure: what happened, live or printed.
        errors: the names that SQLAlchemy's error has in Pydantic's text.
    """
    raised = next((one for one in failure.chain if one.type_name in _TYPES), None)
    if raised is None or (_EXTRACTING not in failure.text and _EXTRACTING not in raised.message):
        return []
    found = _live(raised, errors)
    return found or _printed(failure, raised, errors)


def _live(raised: Raised, errors: tuple[str, ...]) -> list[AttributeRead]:
    reported = getattr(raised.exception, "errors", None)
    if not callable(reported):
        return []
    listed = reported()
    reads = []
    callers = tuple(one for one in reversed(raised.frames) if one.user)
    for one in listed if isinstance(listed, Iterable) else ():
        if not isinstance(one, dict) or one.get("type") != "get_attribute_error" or not _is_ours(one, errors):
            continue
        instance = one.get("input")
        state = inspect(instance, raiseerr=False)
        location = [part for part in one.get("loc", ()) if isinstance(part, str)]
        if not isinstance(state, InstanceState) or not location:
            continue
        attribute = location[-1]
        if attribute in state.dict or attribute not in state.mapper.attrs:
            # An alias, or a property that reads the attribute in turn.
            attribute = ""
        kind = kind_of_state(state, attribute) if attribute else _guess_of_state(state)
        read = AttributeRead(kind, type(instance).__name__, attribute or None, raised.user_frame, instance, callers)
        route = _endpoint(raised.exception)
        reads.append(read if route is None else replace(read, frame=route, callers=(), role="returned here"))
    return reads


def _endpoint(error: BaseException | None) -> Frame | None:
    """Return the route whose response failed, which recent FastAPI names: none of its frames is left then."""
    file, line, function = (getattr(error, f"endpoint_{name}", None) for name in ("file", "line", "function"))
    if not isinstance(file, str) or not isinstance(line, int):
        return None
    return Frame(file, line, str(function or ""), linecache.getline(file, line).strip(), user=True)


def _is_ours(error: dict[str, Any], names: tuple[str, ...]) -> bool:
    text = str(error.get("msg", ""))
    return any(name in text for name in names)


def _printed(failure: Failure, raised: Raised, errors: tuple[str, ...]) -> list[AttributeRead]:
    found = [*_PRINTED.finditer(failure.text), *_PRINTED_DICT.finditer(failure.text)]
    matches = [one for one in found if any(name in one["error"] + one["message"] for name in errors)]
    callers = tuple(one for one in reversed(raised.frames) if one.user)
    explained = next((said for one in matches if (said := _EXPLAINED.search(one["message"]))), None)
    kind = _guess([_last(one["loc"]) for one in matches])
    if explained is not None:
        kind = cast("ReadKind", explained["kind"])
    return [
        AttributeRead(
            kind, (one["model"] or "").rpartition(".")[2] or None, _last(one["loc"]), raised.user_frame, None, callers
        )
        for one in matches
    ]


def _guess_of_state(state: InstanceState[Any]) -> ReadKind:
    return "expired attribute" if state.expired_attributes else "lazy relationship"


def _last(location: str) -> str:
    names = [part.strip(" '\"") for part in re.split(r"[.,]", location)]
    return next((name for name in reversed(names) if name and not name.isdigit()), location)


def _guess(attributes: list[str]) -> ReadKind:
    """Tell an expired object, all of whose attributes fail, from a relationship: by the names alone."""
    return "expired attribute" if any(_TIMES.search(name) for name in attributes) else "lazy relationship"
