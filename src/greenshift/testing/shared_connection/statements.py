"""What a statement means for a transaction that several logical connections share."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["read", "write", "savepoint", "release", "rollback to", "control"]

_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|;)*", re.DOTALL)
_NAME = r'(?P<name>"(?:[^"]|"")+"|[^\s;"]+)\s*;?\s*$'
_SAVEPOINT = re.compile(r"savepoint\s+" + _NAME, re.IGNORECASE)
_RELEASE = re.compile(r"release\s+(?:savepoint\s+)?" + _NAME, re.IGNORECASE)
_ROLLBACK_TO = re.compile(r"rollback\s+(?:(?:work|transaction)\s+)?to\s+(?:savepoint\s+)?" + _NAME, re.IGNORECASE)
_CONTROL = re.compile(r"(?:commit|end|abort|rollback|begin|start\s+transaction|prepare\s+transaction)\b", re.IGNORECASE)
_READ = re.compile(
    r"(?:$|select|values|table|show|with|explain|fetch|move|declare|close|set|reset|listen|unlisten)",
    re.IGNORECASE,
)
_LOCKING = re.compile(r"\bfor\s+(?:no\s+key\s+)?update\b", re.IGNORECASE)
_WRITING_WORD = re.compile(r"\b(?:insert|update|delete|merge|into|lo_\w+)\b", re.IGNORECASE)
_SCHEMA = re.compile(r"(?:create|alter|drop)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Meaning:
    """What a statement does to the transaction.

    Args:
        kind: whether it reads, writes, or moves a savepoint; ``control`` begins or ends a transaction.
        name: the savepoint's name as PostgreSQL sees it.
        changes_schema: whether it may add or remove tables, constraints or functions.
    """

    kind: Kind
    name: str = ""
    changes_schema: bool = False


def meaning(statement: str, writing_functions: AbstractSet[str] = frozenset()) -> Meaning:
    """Tell what a statement does to the transaction; in doubt it writes.

    Args:
        statement: SQL.
        writing_functions: names of functions, in lower case, that may write although a SELECT calls them.
    """
    found = _meaning(statement)
    if found.kind == "read" and writing_functions:
        words = {word.lower() for word in _WORD.findall(statement)}
        if not words.isdisjoint(writing_functions):
            return Meaning("write")
    return found


@lru_cache(maxsize=2048)
def _meaning(statement: str) -> Meaning:
    start = _LEADING.match(statement)
    text = statement[start.end() if start else 0 :]
    kinds: tuple[tuple[re.Pattern[str], Kind], ...] = (
        (_SAVEPOINT, "savepoint"),
        (_RELEASE, "release"),
        (_ROLLBACK_TO, "rollback to"),
    )
    for pattern, kind in kinds:
        match = pattern.match(text)
        if match is not None:
            return Meaning(kind, _folded(match.group("name")))
    if _CONTROL.match(text):
        return Meaning("control")
    if _READ.match(text) and not _WRITING_WORD.search(_LOCKING.sub("", text)):
        return Meaning("read")
    return Meaning("write", changes_schema=_SCHEMA.match(text) is not None)


def _folded(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
