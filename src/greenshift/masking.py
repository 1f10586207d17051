"""Passwords in what is shown to others: an explanation or a report travels to logs, build servers and issues."""

from __future__ import annotations

import re
from typing import Any, Final

MASK: Final = "***"

# All lengths are bounded or matched once, so that no text takes long. A token of AWS RDS, which is given as a password,
# has about 1,500 characters.
_QUOTED_URL: Final = re.compile(r"""(?P<quote>["'])[\w+.-]{0,60}://(?:(?!(?P=quote))[^:/\n]){0,200}:""")
_IN_QUOTES: Final = {quote: re.compile(rf"(?:\\.|[^{quote}\n\\]){{1,4000}}") for quote in "\"'"}
_BARE_URL: Final = re.compile(r"""://[^:/\s"'<>]{0,200}:""")
# A quote or bracket belongs to the password where none of the characters follows that end a quoted or bracketed text.
_BARE_RUN: Final = re.compile(r"""(?:[^\s"'<>]|["'<>](?=[^\s,;:)\]}>"'/])){1,4000}""")

_NAME: Final = r"(?:password|passwd|passphrase|pwd|secret|secret_?key)"
_BODY: Final = r"(?:(?!(?P=quote))(?:\\.|[^\n\\])){1,4000}"
_QUOTED: Final = re.compile(
    # The name, perhaps in quotes and brackets; perhaps a type; the sign or, in SQL, a space.
    rf"""(?P<before>{_NAME}\b(?:\\?['"])?\]?\s{{0,9}}"""
    r"""(?::\s{0,9}[\w.\[\]| ]{1,60}=|[=:]|(?<=\w)\s(?=['"]))\s{0,9}"""
    # What is read from the environment is no secret, but its default is.
    r"""(?:(?!(?:os\.)?(?:getenv|environ)\b)[\w.]{1,60}\(\s{0,9}){0,2}[rbfu]{0,2}"""
    rf"""(?P<quote>'''|\"\"\"|\\?['"])){_BODY}""",
    re.IGNORECASE,
)
_DEFAULT: Final = re.compile(
    rf"""(?P<before>\(\s{{0,9}}['"][\w-]{{0,60}}{_NAME}['"],\s{{0,9}}"""
    rf"""(?:[\w.]{{1,60}}\s?=\s?)?[rbfu]{{0,2}}(?P<quote>['"])){_BODY}""",
    re.IGNORECASE,
)
# In the query of a URL the next parameter ends it, elsewhere what ends an argument or an item, or white space.
_BARE: Final = re.compile(
    rf"""(?P<query>(?<=[?&])[\w-]{{0,60}})?(?P<before>{_NAME}\b['"]?\s{{0,9}}[=:](?!=)\s{{0,9}})"""
    rf"""(?![\s'"=]|[rbfu]{{1,2}}['"]|(?:os\.)?(?:environ\b|getenv\()|(?:[\w.]{{1,60}}\()*[rbfu]{{0,2}}['"]?\*\*\*"""
    r"""|(?:str|bytes|SecretStr|Mapped|Optional|Any|None|Column)\b(?=[\s,)\]|\[=]|\Z))"""
    # A URL's query may have another password behind it.
    r"""(?P<value>(?(query)[^\s&"'<>]+|(?:\\.|[^\s\\])+))""",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(r"""["'],|["')\],;}]*\Z""")
_WORDS: Final = ("passw", "passphrase", "pwd", "secret")


def mask(text: str) -> str:
    """Return a text with the passwords of its URLs and settings replaced by ``***``.

    That is the password of a URL (a quoted URL's may have any characters but the quote), what a name that ends in
    ``password``, ``passwd``, ``pwd``, ``passphrase`` or ``secret`` is given (``PGPASSWORD=...``, ``password='...'``,
    ``{"password": "..."}``), and ``PASSWORD '...'`` of SQL. Rather too much than too little.

    Args:
        text: anything.
    """
    if "://" in text and "@" in text:
        text = _without_passwords(text, _QUOTED_URL)
        text = _without_passwords(text, _BARE_URL)
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        text = _QUOTED.sub(rf"\g<before>{MASK}", text)
        text = _DEFAULT.sub(rf"\g<before>{MASK}", text)
        text = _BARE.sub(_bare, text)
    return text


def masked(value: Any) -> Any:
    """Return data for JSON in whose texts, keys included, passwords are masked.

    Args:
        value: dictionaries, lists, tuples, texts, numbers; anything else is returned as it is.
    """
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {masked(key): masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value


def _without_passwords(text: str, beginning: re.Pattern[str]) -> str:
    pieces, done, at = [], 0, 0
    while found := beginning.search(text, at):
        quote = found.groupdict().get("quote")
        run = (_IN_QUOTES[quote] if quote else _BARE_RUN).match(text, found.end())
        at = run.end() if run else found.end()
        # A password may hold an @ of its own: the last one ends it.
        end = text.rfind("@", found.end(), at)
        if end > found.end():
            pieces += [text[done : found.end()], MASK]
            done = at = end
        elif quote:
            at = found.end()
    return "".join([*pieces, text[done:]])


def _bare(found: re.Match[str]) -> str:
    value = found["value"]
    end = None if found["query"] is not None else _ENDS.search(value)
    rest = value[end.start() :] if end else ""
    return f"{found['query'] or ''}{found['before']}{MASK}{rest}" if rest != value else found[0]
