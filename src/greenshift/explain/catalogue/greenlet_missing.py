"""The library greenlet, on which SQLAlchemy's asyncio extension stands, is not installed."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure

# 2.0 says the first when a connection is opened, 2.1 the second when sqlalchemy.ext.asyncio is imported.
_MESSAGES: Final = (
    "the greenlet library is required to use this function",
    "requires that the Python 'greenlet' library is installed",
)
_BINARY: Final = re.compile(
    r"DLL load failed|undefined symbol|cannot open shared object|incompatible architecture", re.I
)


class GreenletMissing(Entry):
    """The import of greenlet failed."""

    kind = "greenlet not installed"
    title = "SQLAlchemy's asyncio extension needs the library greenlet"
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#asyncio-platform-installation-notes"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if greenlet could not be imported."""
        raised = next((one for text in _MESSAGES if (one := failure.find(containing=text)) is not None), None)
        if raised is None:
            return None
        broken = _BINARY.search(failure.text) is not None
        # A program's output, in the message of another exception, says nothing of the lines that lead to that one.
        frame = raised.user_frame if raised.type_name in {"ValueError", "ImportError"} else None
        return Explanation(
            self.kind,
            "the library greenlet cannot be loaded" if broken else "the library greenlet is not installed",
            "SQLAlchemy's asyncio extension runs its synchronous core in greenlets. SQLAlchemy 2.1 does not install "
            "greenlet by itself, and 2.0 does so only on the platforms it knows.",
            () if frame is None else (frame.place("needed here"),),
            "install it anew for this Python: pip install --force-reinstall greenlet"
            if broken
            else 'write the requirement as "sqlalchemy[asyncio]" (it brings greenlet), and install it:\n'
            'pip install "sqlalchemy[asyncio]"',
        )
