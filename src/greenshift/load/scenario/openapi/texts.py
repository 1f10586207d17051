"""Texts that fit a schema of type string."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from greenshift.load.scenario.openapi.cannot_make import CannotMake
from greenshift.load.scenario.placeholders import escaped

_UNIQUE_LENGTH = 16  # what {unique} may grow to
# What a pattern is tried with, in this order: letters and digits, as {unique} is, and some common kinds.
_TRIED = (
    "{unique}",
    "u{unique}",
    "abc",
    "Abc",
    "ABC",
    "abc-def",
    "abc1",
    "Abc123!x",
    "1234",
    "12345",
    "+4930123456",
    "1.0",
    "#aabbcc",
    "u{unique}@example.com",
)
_UNIQUES = ("mdz3k9x01", "0a1b2c3d4e5f6")
# What must be one word in most applications, whether or not the schema says so.
_WORDS = frozenset(("username", "user_name", "login", "handle", "nickname", "slug", "code", "key", "sku", "tag"))
_BY_FORMAT: Mapping[str, str] = {
    "email": "user-{unique}@example.com",
    "idn-email": "user-{unique}@example.com",
    "uuid": "3f2b8c1e-5d4a-4f6b-9c7d-8e1f2a3b4c5d",
    "date": "2024-05-17",
    "date-time": "2024-05-17T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "P1D",
    "uri": "https://example.com/{unique}",
    "url": "https://example.com/{unique}",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "password": "Correct-Horse-7-Battery",
}


def text_for(schema: Mapping[str, Any], name: str) -> str:
    """Return a text that fits a schema; another one for each request, by ``{unique}``, where there is room.

    Args:
        schema: of type string.
        name: the property's or parameter's name.

    Raises:
        CannotMake: it is a file, or has a pattern that no simple text fits.
    """
    if schema.get("format") == "binary" or schema.get("contentMediaType"):
        raise CannotMake(f"{name or 'the body'} is a file")
    if schema.get("pattern"):
        return _matching(schema, name)
    least, most = int(schema.get("minLength") or 0), schema.get("maxLength")
    known = _BY_FORMAT.get(str(schema.get("format", "")))
    if known is None and name.lower() in ("email", "e_mail", "mail", "email_address"):
        known = _BY_FORMAT["email"]
    if known is None and "password" in name.lower():
        known = _BY_FORMAT["password"]
    if known is not None:
        return known if "{" in known or most is None else known[: int(most)]
    if name.lower() in _WORDS and (most is None or most > _UNIQUE_LENGTH):
        return "u{unique}"
    word = name.replace("_", " ") or "text"
    if most is None or most >= len(word) + 1 + _UNIQUE_LENGTH:
        # Texts that must be unique (a name, a title) are never refused for being there.
        padding = max(0, least - len(word) - 1 - 8)
        return f"{escaped(word)}{'-' * padding} {{unique}}"
    return (word * (1 + least // len(word)))[: max(least, min(int(most), len(word)))]


def _matching(schema: Mapping[str, Any], name: str) -> str:
    """Return the first of some texts that fits a pattern; the limits of its length hold as well."""
    most = schema.get("maxLength")
    for text in (*_TRIED[:2], name, *_TRIED[2:]):
        samples = [text.replace("{unique}", unique) for unique in _UNIQUES]
        try:
            fits = all(re.search(schema["pattern"], sample) for sample in samples)
        except re.error:
            break
        if fits and all(
            len(s) >= int(schema.get("minLength") or 0) and (most is None or len(s) <= most) for s in samples
        ):
            return text if "{unique}" in text else escaped(text)
    raise CannotMake(f"{name or 'a text'} has a pattern and no example")
