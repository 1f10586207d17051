"""Which PostgreSQL extensions a schema needs, as far as its text shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CREATED = re.compile(r"create\s+extension\s+(?:if\s+not\s+exists\s+)?\\?[\"']?([a-z][\w-]*)", re.IGNORECASE)

# What only exists once an extension is there: a type, a function or an operator class.
_SIGNS = {
    "btree_gist": r"exclude\s+using\s+gist\s*\([^;]*\bwith\s+=",
    "citext": r"[\w\"]\s+citext\b",
    "hstore": r"[\w\"]\s+hstore\b",
    "ltree": r"[\w\"]\s+ltree\b",
    "pg_trgm": r"\b(?:gin|gist)_trgm_ops\b",
    "pgcrypto": r"\b(?:gen_random_bytes|crypt|gen_salt)\s*\(",
    "postgis": r"\b(?:geometry|geography)\s*\(",
    "uuid-ossp": r"\buuid_generate_v\d",
    "vector": r"[\w\"]\s+(?:vector|halfvec|sparsevec)(?:\(\d+\)|(?=[,\s)]))",
}
_SIGN_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _SIGNS.items()}


def extensions_created(texts: Iterable[str]) -> frozenset[str]:
    """Return the extensions that SQL, or Python with SQL in it, creates by ``CREATE EXTENSION``."""
    return frozenset(match.group(1).lower() for text in texts for match in _CREATED.finditer(text))


def extensions_used(ddl: Iterable[str]) -> frozenset[str]:
    """Return the extensions whose types, functions or operator classes occur in DDL statements."""
    statements = list(ddl)
    return frozenset(
        name for name, pattern in _SIGN_PATTERNS.items() if any(pattern.search(statement) for statement in statements)
    )
