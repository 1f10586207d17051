"""Characters that a browser does not show, or that change how others are shown, made visible."""

from __future__ import annotations

import re
from typing import Final

# Control characters but tab and line feed; marks that turn the direction of what follows (https://trojansource.codes);
# halves of surrogate pairs and noncharacters, which are errors in HTML.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\uffff\ud800-\udfff]"
    "|[" + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17)) + "]"
)


def visible(text: str) -> str:
    """Return a text in which nothing is hidden: an escape, as in a program, stands for each such character.

    Args:
        text: anything; line ends become those of Unix.
    """
    return _HIDDEN.sub(_shown, text.replace("\r\n", "\n"))


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
