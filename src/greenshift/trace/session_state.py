"""Which statements leave state behind in a database session, judged by their text alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# Words without which no statement changes a session: one search settles almost every statement.
_CANDIDATE: Final = re.compile(
    r"\bset\b|set_config|\breset\b|\btemp|pg_temp|\bu?n?listen\b|\bprepare\b|\bhold\b|advisory_lock"
    r"|\bload\b|\bdo\b|\bcall\b|\bdiscard\b|\bdblink|\bsetseed\b|\bpragma\b|\battach\b|\bdetach\b",
    re.IGNORECASE,
)

# Where a statement starts with one of these words, the session is changed.
_FIRST_WORDS: Final = {
    "RESET": "RESET",
    "LISTEN": "LISTEN",
    "UNLISTEN": "UNLISTEN",
    "PREPARE": "PREPARE",
    "LOAD": "LOAD",
    "DO": "DO",
    "CALL": "CALL",
    "DISCARD": "DISCARD",
    "PRAGMA": "PRAGMA",
    "ATTACH": "ATTACH",
    "DETACH": "DETACH",
}

# These change a session wherever they stand.
_ANYWHERE: Final = (
    ("temporary object", re.compile(r"\bpg_temp", re.IGNORECASE)),
    ("cursor WITH HOLD", re.compile(r"\bcursor\b.*\bhold\b", re.IGNORECASE | re.DOTALL)),
    ("advisory lock", re.compile(r"\bpg_(?:try_)?advisory_lock(?:_shared)?\b", re.IGNORECASE)),
    ("dblink", re.compile(r"\bdblink", re.IGNORECASE)),
    ("setseed", re.compile(r"\bsetseed\b", re.IGNORECASE)),
)

_CREATION: Final = re.compile(r"\b(?:create|into)\b", re.IGNORECASE)
_BEFORE_TEMPORARY: Final = {"OR", "REPLACE", "LOCAL", "GLOBAL"}

_SET_CONFIG: Final = re.compile(r"\bset_config\b", re.IGNORECASE)
_ARGUMENT: Final = r"\s*(?:'(?:[^'\\]|'')*'|%\(\w+\)s[^'(),]*|[^'(),]+)\s*"
_LOCAL_SET_CONFIG: Final = re.compile(rf"\bset_config\s*\({_ARGUMENT},{_ARGUMENT},\s*true\s*\)", re.IGNORECASE)

_WORD: Final = re.compile(r"[a-z_]+", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[\s(]*")


def _skip_blanks(sql: str, position: int) -> int:
    """Return where the next word starts: behind white space, comments and opening brackets."""
    while True:
        blanks = _BETWEEN.match(sql, position)
        position = blanks.end() if blanks else position
        if sql.startswith("--", position):
            end = sql.find("\n", position)
            position = len(sql) if end < 0 else end + 1
        elif sql.startswith("/*", position):
            depth, position = 1, position + 2
            while depth and position < len(sql):
                if sql.startswith("/*", position):
                    depth, position = depth + 1, position + 2
                elif sql.startswith("*/", position):
                    depth, position = depth - 1, position + 2
                else:
                    position += 1
        else:
            return position


def _words(sql: str, position: int, count: int) -> list[str]:
    found: list[str] = []
    for _ in range(count):
        match = _WORD.match(sql, _skip_blanks(sql, position))
        if match is None:
            break
        found.append(match.group().upper())
        position = match.end()
    return found


def _statement_reason(sql: str, position: int) -> str | None:
    first, second, third, *_ = [*_words(sql, position, 3), "", "", ""]
    if first != "SET":
        return _FIRST_WORDS.get(first)
    if second in {"LOCAL", "TRANSACTION", "CONSTRAINTS"}:
        return None
    if second == "ROLE" or (second == "SESSION" and third == "ROLE"):
        return "SET ROLE"
    if second == "SESSION" and third == "AUTHORIZATION":
        return "SET SESSION AUTHORIZATION"
    return "SET"


def _creates_temporary(sql: str) -> bool:
    for match in _CREATION.finditer(sql):
        words = [word for word in _words(sql, match.end(), 4) if word not in _BEFORE_TEMPORARY]
        if words and words[0] in {"TEMP", "TEMPORARY"}:
            return True
    return False


def _starts(sql: str) -> list[int]:
    # A semicolon inside a literal or a comment only adds a candidate: it may over-report, never hide one.
    return [0, *(match.end() for match in re.finditer(";", sql))]


@lru_cache(maxsize=4096)
def session_state_reasons(sql: str) -> frozenset[str]:
    """Return the reasons for which a database session is no longer as new after this statement.

    Judged by the text: words inside comments and string literals may add a reason that is none, but no
    statement that says what it does is overlooked. What functions do inside, the text does not say.

    Args:
        sql: one statement, or several separated by semicolons.

    Returns:
        For example ``{"SET", "temporary object"}``; empty for nearly all statements.
    """
    if _CANDIDATE.search(sql) is None:
        return frozenset()
    reasons = {reason for start in _starts(sql) if (reason := _statement_reason(sql, start))}
    reasons.update(reason for reason, pattern in _ANYWHERE if pattern.search(sql))
    if _creates_temporary(sql):
        reasons.add("temporary object")
    if len(_SET_CONFIG.findall(sql)) > len(_LOCAL_SET_CONFIG.findall(sql)):
        reasons.add("set_config")
    return frozenset(reasons)
