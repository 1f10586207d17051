"""The sentences and places that the entries about attributes have in common."""

from __future__ import annotations

import os
from typing import Final

from greenshift.explain.attribute.printed import table_of
from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.attribute.remedy import Remedy
from greenshift.explain.editing.source import source_behind
from greenshift.explain.explanation import Place
from greenshift.explain.failure import Failure, Frame
from greenshift.trace import CallSite
from greenshift.trace.instances import chain_of

_ONLY: Final = "an asyncio session can send only inside an await"


def places(read: AttributeRead, remedy: Remedy) -> tuple[Place, ...]:
    """Return the lines of a read: where it was made, who called that, and those of the remedy.

    Args:
        read: the failed read.
        remedy: what to do about it.
    """
    if read.frame is None:
        return remedy.where
    found = [read.frame.place(read.role)]
    # A serializer, a __repr__ or a template reads on behalf of a line further out; a coroutine for itself.
    outer = next((one for one in read.callers[1:] if (one.file, one.line) != (read.frame.file, read.frame.line)), None)
    if outer is not None and outer.user and not _is_coroutine(read.frame):
        found.append(outer.place("called here"))
    return (*found, *remedy.where)


def _is_coroutine(frame: Frame) -> bool:
    """Return whether a frame is one of a coroutine, as far as its source shows; a comprehension is a part of it."""
    source = source_behind(frame.file, frame.line, frame.code)
    function = None if source is None else source.function_at(frame.line)
    return function is not None and function.asynchronous is not None


def loading(read: AttributeRead) -> str | None:
    """Return how an object came to be, ``select(Account) at service.py:12 loaded the Account``; None if not known."""
    state, source = read.state, read.source
    if state is None:
        return None
    if source is None:
        return f"the {read.model} was made here, not loaded" if read.is_created else None
    path = state.load_path.path
    entity = path[0].class_.__name__ if path and hasattr(path[0], "class_") else read.model
    line = "" if source.call_site is None else f" at {place_of(source.call_site, read)}"
    chain = chain_of(read.instance)
    through = f" through {'.'.join([chain[0][0].__name__, *(key for _, key in chain)])}" if chain else ""
    return f"select({entity}){line} loaded the {read.model}{through}"


def place_of(site: CallSite, read: AttributeRead) -> str:
    """Return ``line 12``, with the file's name where the read was in another file."""
    same = read.frame is None or read.frame.file == site.file
    return f"line {site.line}" if same else f"{os.path.basename(site.file)}:{site.line}"


def because_of_loading(reads: list[AttributeRead], failure: Failure) -> str:
    """Return why attributes were not loaded, as a sentence.

    Args:
        reads: the failed reads.
        failure: what happened.
    """
    read = reads[0]
    how = loading(read)
    missing = " and ".join(dict.fromkeys(one.attribute for one in reads if one.attribute)) or "the attribute"
    table = table_of(failure) if read.state is None else None
    sends = f"a SELECT from {table}" if table else "a SELECT"
    if how is None:
        return f"the object was loaded without {missing}, so reading it sends {sends}, which {_ONLY}"
    if read.source is None:
        return f"{how}, so {missing} is not known yet and reading it sends {sends}, which {_ONLY}"
    return f"{how} without {missing}; reading it sends {sends}, which {_ONLY}"


def unknown_names(read: AttributeRead) -> tuple[str, ...]:
    """Return what a printed traceback left open of an attribute's name, a sentence each."""
    if read.model is not None and read.attribute is not None:
        return ()
    if read.attribute is None:
        return ("which attribute of which model: the traceback does not name them",)
    return (f"the model that has {read.attribute}: the traceback does not name it",)
