"""A failure as the catalogue looks at it: the same shape for a live exception and for a pasted traceback."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from types import FrameType
from typing import Any

from greenshift.explain.event_loop import is_event_loop
from greenshift.explain.explanation import Place
from greenshift.explain.facts import Facts, facts_of
from greenshift.trace import frames_from, is_user_file


@dataclass(frozen=True)
class Frame:
    """One line of a traceback.

    Args:
        file: the file's path, as the traceback names it.
        line: the line, from 1.
        function: the function's name.
        code: the line's text without its indentation, or an empty text.
        user: whether the file is the user's own.
        locals: the frame's variables, for a live exception only; otherwise None.
    """

    file: str
    line: int
    function: str
    code: str
    user: bool
    locals: Mapping[str, Any] | None = None

    def place(self, role: str) -> Place:
        """Return it as a place of an explanation.

        Args:
            role: the part that the line has in the error.
        """
        return Place(self.file, self.line, role, self.function, self.code or None)


@dataclass(frozen=True)
class Raised:
    """One exception of a chain.

    Args:
        type_name: its class's name, without the module.
        module: its class's module, or an empty text where the traceback does not tell.
        message: its text.
        frames: its traceback, the innermost frame last.
        exception: the exception itself, for a live one only.
    """

    type_name: str
    module: str
    message: str
    frames: tuple[Frame, ...] = ()
    exception: BaseException | None = None

    @property
    def user_frame(self) -> Frame | None:
        """The innermost frame of the user's own code, or None."""
        return next((frame for frame in reversed(self.frames) if frame.user), None)


@dataclass(frozen=True)
class Failure:
    """An exception with all that led to it.

    Args:
        chain: the exception that arrived, followed by its causes, contexts, wrapped driver errors and the members
            of its groups.
        text: all that was given, for a pasted traceback; for a live exception its messages.
        live: whether the exceptions themselves are at hand.
        noted: facts of an exception that is not at hand any more.
    """

    chain: tuple[Raised, ...]
    text: str
    live: bool
    noted: Facts | None = None

    @property
    def facts(self) -> Facts | None:
        """What was noted at the moment of the failure, or None."""
        if self.noted is not None:
            return self.noted
        for raised in self.chain:
            facts = None if raised.exception is None else facts_of(raised.exception)
            if facts is not None:
                return facts
        return None

    def find(self, *type_names: str, containing: str = "") -> Raised | None:
        """Return the first exception of the chain that has one of these class names and this in its message.

        Args:
            type_names: class names without their modules; none for any class.
            containing: a part of the message, in any case of letters.
        """
        for raised in self.chain:
            if (not type_names or raised.type_name in type_names) and containing.lower() in raised.message.lower():
                return raised
        return None

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames of the whole chain, the arriving exception's first."""
        return tuple(frame for raised in self.chain for frame in raised.frames)

    @property
    def user_frame(self) -> Frame | None:
        """The innermost frame of the user's code in the first exception that has one."""
        return next((raised.user_frame for raised in self.chain if raised.user_frame is not None), None)


def from_exception(error: BaseException, frame: FrameType | None = None) -> Failure:
    """Return a live exception as a failure.

    Args:
        error: the exception.
        frame: the innermost frame, for an exception that is still on its way up.
    """
    first, *rest = (_raised(one) for one in _walk(error, set()))
    if frame is not None:
        # As in a traceback, the stack begins with the task: who runs the loop did not ask for this.
        inside = takewhile(lambda one: not is_event_loop(one.f_code), frames_from(frame))
        stack = [_frame(one, one.f_lineno) for one in inside]
        first = replace(first, frames=(*reversed(stack), *first.frames[1:]))
    chain = (first, *rest)
    return Failure(chain, "\n".join(raised.message for raised in chain), live=True)


def remembered(failure: Failure) -> Failure:
    """Return a failure without its exceptions and variables: it keeps nothing of the application's alive.

    Args:
        failure: a live one.
    """
    chain = tuple(
        replace(raised, exception=None, frames=tuple(replace(frame, locals=None) for frame in raised.frames))
        for raised in failure.chain
    )
    return Failure(chain, failure.text, live=False, noted=failure.facts)


def _walk(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    context = None if error.__suppress_context__ else error.__context__
    for other in (getattr(error, "orig", None), error.__cause__, context, *members):
        if isinstance(other, BaseException):
            yield from _walk(other, seen)


def _raised(error: BaseException) -> Raised:
    frames = tuple(_frame(frame, line) for frame, line in traceback.walk_tb(error.__traceback__))
    try:
        message = str(error)
    except Exception:  # an exception of the user's whose __str__ fails
        message = ""
    return Raised(type(error).__name__, type(error).__module__, message, frames, error)


def _frame(frame: FrameType, line: int) -> Frame:
    name = frame.f_code.co_filename
    template = frame.f_globals.get("__jinja_template__")
    if template is not None:
        # Jinja runs generated code under the template's name; its line is not the template's.
        line = template.get_corresponding_lineno(line)
    code = linecache.getline(name, line, frame.f_globals).strip()
    return Frame(name, line, frame.f_code.co_name, code, is_user_file(name), frame.f_locals)
