"""A coroutine that nobody awaited was used as if it were its result."""

from __future__ import annotations

import re
from types import CoroutineType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncResult, AsyncSession, AsyncTransaction
from sqlalchemy.ext.asyncio import async_scoped_session as scoped_session

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.editing.await_call import (
    FoundCall,
    await_edits,
    call_in_variable,
    call_with_attribute,
    is_chained,
    is_handed_to,
    unawaited_calls,
)
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.failure import Failure, Frame, Raised
from greenshift.trace import is_user_file

_ATTRIBUTE: Final = re.compile(r"'coroutine' object has no attribute '(?P<attribute>\w+)'")
_USED: Final = re.compile(
    r"""'coroutine'\ object\ (?:is\ not|does\ not\ support|cannot\ be)
      | object\ of\ type\ '?coroutine'?\ (?:has\ no\ len|is\ not\ JSON\ serializable)
      | unsupported\ operand\ type.*'coroutine'
      | not\ supported\ between\ instances\ of.*'coroutine'
      | cannot\ unpack\ non-iterable\ coroutine
      | requires\ an\ object\ with\ __\w+__\ method,\ got\ coroutine
      | (?:not|got)\ '?coroutine'?$
      | 'builtins\.coroutine'\ is\ not\ mapped
      | cannot\ adapt\ type\ 'coroutine'
      | <coroutine\ object\ [\w.<>]+\ at\ """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_USED_TYPES: Final = frozenset(
    {
        "TypeError",
        "UnmappedInstanceError",
        "ProgrammingError",
        "DBAPIError",
        "StatementError",
        "ValidationError",
        "ResponseValidationError",
        "DataError",
    }
)
_WARNING: Final = re.compile(r"coroutine '(?P<name>[\w.<>]+)' was never awaited")
_SHOWN: Final = re.compile(r"<coroutine object (?P<name>[\w.<>]+) at ")
_CREATED: Final = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)\n\s+(?P<code>.+)')
_SQLALCHEMY: Final = re.compile(
    r"^(?:AsyncSession|AsyncConnection|AsyncEngine|AsyncResult|AsyncTransaction|async_scoped_session|Async\w+Result)\."
)

# The drivers' own: the consequence of another error.
_OF_DRIVERS: Final = frozenset({"connect", "Connection._cancel", "Connection.close", "AsyncConnection.connect"})

_CLASSES: Final = (AsyncSession, AsyncConnection, AsyncEngine, AsyncResult, AsyncTransaction, scoped_session)
# What only SQLAlchemy's objects have; the others (get, delete, close...) need a receiver that is known to be one.
_CLEAR: Final = frozenset(
    ["execute", "scalar", "scalars", "commit", "rollback", "refresh", "flush", "get_one", "stream_scalars", "run_sync"]
)
_SHARED: Final = frozenset(
    [
        "get",
        "delete",
        "merge",
        "stream",
        "close",
        "dispose",
        "connection",
        "begin",
        "all",
        "first",
        "one",
        "one_or_none",
        "invalidate",
    ]
)
_RECEIVER: Final = re.compile(
    r"(?:^|_)(?:a?session|db|conn|connection|database|tx|transaction|engine|s)$", re.IGNORECASE
)
_TAKERS: Final = frozenset(
    ["gather", "create_task", "wait_for", "ensure_future", "run", "run_until_complete", "shield", "start_soon"]
)


class NotAwaited(Entry):
    """A coroutine where its result was meant."""

    kind = "coroutine not awaited"
    title = "execute(), commit(), refresh() or another coroutine is called without await"
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#synopsis-orm"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a coroutine was used, or dropped, that nobody had awaited."""
        for raised in failure.chain:
            if raised.type_name == "RuntimeWarning" and (warned := _WARNING.search(raised.message)) is not None:
                return self._warned(failure, raised, warned["name"])
            if raised.type_name == "AttributeError" and (found := _ATTRIBUTE.search(raised.message)) is not None:
                return self._used(raised, found["attribute"])
            if raised.type_name in _USED_TYPES and _USED.search(raised.message) is not None:
                return self._used(raised, None)
        return None

    def _used(self, raised: Raised, attribute: str | None) -> Explanation | None:
        frame = raised.user_frame
        doing = f"its {attribute!r} was asked for" if attribute else "was used as if it were the result"
        call = None if frame is None else _call(frame, attribute)
        if frame is None or call is None:
            name = _shown_in(raised.message)
            if frame is not None:
                name = name or _coroutine_name(frame) or _named_in(frame.code)
            if name is None:
                return None
            place = None if frame is None else frame.place("used here")
            return self._named(name, doing, place, f"write `await` before the call of {name}().")
        where = [Place(frame.file, call.line, "not awaited here", frame.function, call.code)]
        if call.line != frame.line:
            where.append(frame.place("used here"))
        return self._found(call, doing, tuple(where), attribute)

    def _warned(self, failure: Failure, raised: Raised, name: str) -> Explanation | None:
        frame = _creation(raised, failure) or raised.user_frame
        if name in _OF_DRIVERS or (frame is None and not _SQLALCHEMY.match(name)):
            return None
        method = name.rpartition(".")[2]
        if frame is not None:
            calls = [one for one in unawaited_calls(frame.file, frame.line) if one.name == method]
            calls = [one for one in calls if not is_handed_to(one, _TAKERS)]
            if len(calls) == 1:
                place = Place(frame.file, calls[0].line, "not awaited here", frame.function, calls[0].code)
                return self._found(calls[0], "was dropped", (place,), None)
            fix = f"find the call of {method}() on this line, or a little above it, and write `await` before it."
            return self._named(name, "was dropped", frame.place("noticed here"), fix)
        fix = f"find the call of {method}() and write `await` before it."
        unknown = ("where it was called: run Python with -X dev, which tells",)
        return self._named(name, "was dropped", None, fix, unknown)

    def _found(self, call: FoundCall, doing: str, where: tuple[Place, ...], attribute: str | None) -> Explanation:
        return Explanation(
            self.kind,
            f"{_shown(call)} was not awaited, and {doing}",
            f"{_shown(call)} gives a coroutine: nothing of it has run.",
            where,
            _fix(call, attribute),
            await_edits(call),
        )

    def _named(
        self, name: str, doing: str, place: Place | None, fix: str, unknown: tuple[str, ...] = ()
    ) -> Explanation:
        return Explanation(
            self.kind,
            f"{name}() was not awaited, and {doing}",
            f"{name}() gives a coroutine: nothing of it has run.",
            () if place is None else (place,),
            fix,
            unknown=unknown,
        )


def _shown(call: FoundCall) -> str:
    return f"{call.receiver}.{call.name}()" if call.receiver else f"{call.name}()"


def _fix(call: FoundCall, attribute: str | None) -> str:
    shown = _shown(call)[:-1] + ("...)" if call.node.args else ")")
    if not call.async_function:
        return (
            f"{_shown(call)} stands where nothing can be awaited: make the function that it stands in `async def`\n"
            "(and await it in its callers), or use a sync Session there."
        )
    if attribute is not None and is_chained(call):
        return f"write `(await {shown}).{attribute}`."
    return f"write `await {shown}`."


def _call(frame: Frame, attribute: str | None) -> FoundCall | None:
    """Return the call that gave the coroutine, where the user's source tells it."""
    if attribute is not None:
        return call_with_attribute(frame.file, frame.line, attribute)
    for variable, _ in _coroutines(frame):
        found = call_in_variable(frame.file, frame.line, variable)
        if found is not None:
            return found
    calls = [one for one in unawaited_calls(frame.file, frame.line) if not is_handed_to(one, _TAKERS)]
    calls = [one for one in calls if _gives_coroutine(one, frame)]
    if calls or frame.locals is not None:
        return calls[0] if len(calls) == 1 else None
    variables = sorted(set(re.findall(r"[A-Za-z_]\w*", frame.code)))
    assigned = [one for name in variables if (one := call_in_variable(frame.file, frame.line, name)) is not None]
    assigned = [one for one in assigned if _gives_coroutine(one, frame)]
    return assigned[0] if len(assigned) == 1 else None


def _coroutines(frame: Frame) -> list[tuple[str, str]]:
    """Return the variables that a line uses and that hold coroutines, each with its function's name."""
    return [
        (name, str(value.__qualname__))
        for name, value in (frame.locals or {}).items()
        if type(value) is CoroutineType and re.search(rf"\b{re.escape(name)}\b", frame.code)
    ]


def _shown_in(message: str) -> str | None:
    """Return the name of the function whose coroutine a message shows."""
    found = _SHOWN.search(message)
    return None if found is None else found["name"].rpartition("<locals>.")[2]


def _coroutine_name(frame: Frame) -> str | None:
    return next((function for _, function in _coroutines(frame)), None)


def _named_in(code: str) -> str | None:
    """Return the name of SQLAlchemy's coroutine method that a line calls without await, for want of the source."""
    for found in re.finditer(r"(?P<await>\bawait\s+)?\b(?P<receiver>\w+)\.(?P<method>\w+)\(", code):
        if not found["await"] and _is_method(found["method"], found["receiver"]):
            return f"{found['receiver']}.{found['method']}"
    return None


def _is_method(name: str, receiver: str) -> bool:
    return name in _CLEAR or (name in _SHARED and _RECEIVER.search(receiver) is not None)


def _gives_coroutine(call: FoundCall, frame: Frame) -> bool:
    if call.receiver is None:
        return call.name in call.async_names
    if frame.locals is not None and call.receiver in frame.locals:
        return isinstance(frame.locals[call.receiver], _CLASSES) and call.name in _CLEAR | _SHARED
    return _is_method(call.name, call.receiver)


def _creation(raised: Raised, failure: Failure) -> Frame | None:
    """Return where a coroutine was made, which Python tells in its development mode."""
    text = raised.message if "Coroutine created at" in raised.message else failure.text
    if "Coroutine created at" not in text:
        return None
    found = list(_CREATED.finditer(text.partition("Coroutine created at")[2]))
    last = next((one for one in reversed(found) if is_user_file(one["file"])), None)
    return None if last is None else Frame(last["file"], int(last["line"]), last["function"], last["code"], True)
