"""Passwords in what is shown to others: an explanation travels to logs, reports and issues."""

from __future__ import annotations

import re
from typing import Final

# The lengths are bounded so that no text takes long.
_SECRET: Final = re.compile(r"(?P<before>://[^:/\s@\"'<>]{0,200}:)[^\s\"'<>]{1,300}(?=@)")
_PASSWORD: Final = re.compile(r"(?P<before>\b(?:PG)?PASSWORD['\"]?\s*[=:]\s*['\"]?)[^\s'\",&)]+", re.IGNORECASE)


def mask(text: str) -> str:
    """Return a text with the passwords of its URLs and settings replaced by ``***``.

    Args:
        text: anything.
    """
    if "://" in text:
        text = _SECRET.sub(r"\g<before>***", text)
    return _PASSWORD.sub(r"\g<before>***", text) if "password" in text.lower() else text
