"""Read simple CHECK conditions: what values they leave to a column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

_LITERAL: Final = r"(?:'(?:[^']|'')*'|-?\d+(?:\.\d+)?|true|false)"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_LENGTH: Final = r"(?:char_length|character_length|octet_length|length|cardinality|array_length)"
_OPERATOR: Final = r"(?:<=|>=|<>|!=|=|<|>)"
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
Literal = str | float | bool


@dataclass(frozen=True, slots=True)
class Condition:
    """What is asked of one column; several hold together.

    Attributes:
        minimum: the smallest value; None without one.
        maximum: the largest.
        above: the value must be larger than this.
        below: the value must be smaller than this.
        choices: the only values; None if others are allowed.
        excluded: values that are not allowed.
        min_length: of text, in characters.
        max_length: of text, in characters.
        pattern: a regular expression that text must match.
        case: ``lower`` or ``upper`` if text must be.
        must_be_null: whether only null is allowed.
    """

    minimum: Literal | None = None
    maximum: Literal | None = None
    above: Literal | None = None
    below: Literal | None = None
    choices: tuple[Literal, ...] | None = None
    excluded: tuple[Literal, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    case: str = ""
    must_be_null: bool = False


@dataclass(frozen=True, slots=True)
class Conditions:
    """What CHECK conditions ask for.

    Attributes:
        columns: by the column's name in the database.
        orders: pairs of columns, the first of which must be smaller (or equal: the third says so).
        loose: columns of which an OR allows other values, too.
        unread: conditions that were not understood; the database decides.
    """

    columns: dict[str, Condition] = field(default_factory=dict)
    orders: list[tuple[str, str, bool]] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)


def read_conditions(checks: Sequence[str]) -> Conditions:
    """Read CHECK conditions.

    Args:
        checks: each as SQL.

    Returns:
        What was understood: comparisons, BETWEEN, IN, lengths, regular expressions, LIKE, joined by AND; of an OR,
        the first alternative that is understood.
    """
    found = Conditions()
    for check in checks:
        for term in _split(_plain(check), "AND"):
            if not _read(term, found):
                found.unread.append(check)
    return found


def _plain(sql: str) -> str:
    """Take away quotes of names, casts and needless white space."""
    sql = re.sub(r'"([^"]+)"', r"\1", sql.replace("%%", "%"))
    sql = re.sub(r"::\s*(?:character varying|double precision|timestamp with(?:out)? time zone|\w+)(?:\[\])?", "", sql)
    return re.sub(rf"(?<!\w)\(({_NAME})\)(?=\s*(?:{_OPERATOR}|~|IN\b))", r"\1", re.sub(r"\s+", " ", sql)).strip()


def _split(sql: str, word: str) -> list[str]:
    """Split at a word outside parentheses and texts; the AND of a BETWEEN does not count."""
    sql = _bare(sql)
    parts, start, depth, between = [], 0, 0, False
    for token in re.finditer(r"'(?:[^']|'')*'|[()\[\]]|\b[A-Za-z_]+\b", sql):
        text = token.group().upper()
        if text in "([":
            depth += 1
        elif text in ")]":
            depth -= 1
        elif depth == 0 and text == "BETWEEN":
            between = True
        elif depth == 0 and text == "AND" and between:
            between = False
        elif depth == 0 and text == word:
            parts.append(sql[start : token.start()])
            start = token.end()
    parts.append(sql[start:])
    if len(parts) == 1:
        return [_bare(parts[0])]
    return [term for part in parts for term in _split(part, word)]


def _bare(sql: str) -> str:
    """Take away parentheses around the whole."""
    sql = sql.strip()
    while sql.startswith("(") and sql.endswith(")"):
        depth = 0
        for place, character in enumerate(sql):
            depth += (character == "(") - (character == ")")
            if depth == 0 and place < len(sql) - 1:
                return sql
        sql = sql[1:-1].strip()
    return sql


def _read(term: str, found: Conditions) -> bool:
    alternatives = _split(term, "OR")
    if len(alternatives) > 1:
        # Null is the poorer choice: it shows nothing of the column.
        for one in sorted(alternatives, key=lambda text: text.upper().endswith("IS NULL")):
            trial = Conditions(dict(found.columns), list(found.orders))
            if all(_read(part, trial) for part in _split(one, "AND")):
                found.loose.update(name for name in trial.columns if trial.columns[name] != found.columns.get(name))
                found.columns.update(trial.columns)
                found.orders[:] = trial.orders
                return True
        return False
    return _read_length(term, found) or _read_values(term, found) or _read_text(term, found) or _read_order(term, found)


def _read_length(term: str, found: Conditions) -> bool:
    subject = rf"{_LENGTH}\s*\(\s*(?:(?:trim|btrim)\s*\(\s*(?:BOTH FROM\s+)?)?({_NAME})\s*\)?(?:\s*,\s*1\s*)?\s*\)"
    if match := re.fullmatch(rf"{subject} BETWEEN (\d+) AND (\d+)", term, re.IGNORECASE):
        _ask(found, match[1], min_length=int(match[2]), max_length=int(match[3]))
        return True
    match = re.fullmatch(rf"{subject}\s*({_OPERATOR})\s*(\d+)", term, re.IGNORECASE)
    if match is None:
        return False
    name, operator, number = match[1], match[2], int(match[3])
    if operator in (">", ">=", "<>", "!="):
        _ask(found, name, min_length=number if operator == ">=" else number + 1)
    elif operator in ("<", "<="):
        _ask(found, name, max_length=number if operator == "<=" else number - 1)
    else:
        _ask(found, name, min_length=number, max_length=number)
    return True


def _read_values(term: str, found: Conditions) -> bool:
    if match := re.fullmatch(rf"({_NAME}) BETWEEN ({_LITERAL}) AND ({_LITERAL})", term, re.IGNORECASE):
        _ask(found, match[1], minimum=_literal(match[2]), maximum=_literal(match[3]))
        return True
    listed = rf"({_NAME}) (?:IN \(|= ANY \(\(?(?:ARRAY)?\[)\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)\s*\]?\)?\)"
    if match := re.fullmatch(listed, term, re.IGNORECASE):
        _ask(found, match[1], choices=tuple(_literal(one) for one in re.findall(_LITERAL, match[2], re.IGNORECASE)))
        return True
    if match := re.fullmatch(rf"({_NAME})\s*({_OPERATOR})\s*\(?({_LITERAL})\)?", term, re.IGNORECASE):
        _compare(found, match[1], match[2], _literal(match[3]))
        return True
    if match := re.fullmatch(rf"({_LITERAL})\s*({_OPERATOR})\s*({_NAME})", term, re.IGNORECASE):
        _compare(found, match[3], _MIRRORED.get(match[2], match[2]), _literal(match[1]))
        return True
    if match := re.fullmatch(rf"({_NAME}) IS (NOT )?NULL", term, re.IGNORECASE):
        _ask(found, match[1], must_be_null=match[2] is None)
        return True
    if match := re.fullmatch(rf"(NOT )?({_NAME})", term, re.IGNORECASE):
        _ask(found, match[2], choices=(match[1] is None,))
        return True
    return False


def _read_text(term: str, found: Conditions) -> bool:
    if match := re.fullmatch(rf"({_NAME})\s*~\*?\s*('(?:[^']|'')*')", term):
        _ask(found, match[1], pattern=str(_literal(match[2])))
        return True
    if match := re.fullmatch(rf"({_NAME}) I?LIKE ('(?:[^']|'')*')", term, re.IGNORECASE):
        text = re.escape(str(_literal(match[2]))).replace("%", "[a-z]{2}").replace("_", "[a-z]")
        _ask(found, match[1], pattern=f"^{text}$")
        return True
    same_case = rf"(?:({_NAME}) = (lower|upper)\(({_NAME})\)|(lower|upper)\(({_NAME})\) = ({_NAME}))"
    if match := re.fullmatch(same_case, term, re.IGNORECASE):
        _ask(found, match[1] or match[6], case=(match[2] or match[4]).lower())
        return True
    return False


def _read_order(term: str, found: Conditions) -> bool:
    match = re.fullmatch(rf"({_NAME})\s*(<=|>=|<|>|<>|!=)\s*({_NAME})", term)
    if match is None:
        return False
    first, operator, second = match.groups()
    if operator in (">", ">="):
        first, second = second, first
    found.orders.append((first, second, operator in ("<=", ">=")))
    return True


def _compare(found: Conditions, name: str, operator: str, value: Literal) -> None:
    if operator == "=":
        _ask(found, name, choices=(value,))
    elif operator in ("<>", "!="):
        before = found.columns.get(name, Condition()).excluded
        _ask(found, name, excluded=(*before, value))
    else:
        _ask(found, name, **{{">": "above", ">=": "minimum", "<": "below", "<=": "maximum"}[operator]: value})


def _ask(found: Conditions, name: str, **asked: object) -> None:
    found.columns[name] = replace(found.columns.get(name, Condition()), **asked)  # type: ignore[arg-type]


def _literal(text: str) -> Literal:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return float(text) if "." in text else int(text)
