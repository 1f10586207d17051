"""Statements in a normal form: one text for what drivers, and ``Query`` and ``select()``, write differently."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from greenshift.shift.verify.transcript.labels import resolved
from greenshift.shift.verify.transcript.tokens import Placeholder, is_row_column, tokens_of
from greenshift.shift.verify.transcript.tree import Group, Node, flat, nested, replaced, split, text_of

# Of a number that the text holds where another driver has a parameter.
LITERAL: Final = "literal number"

_NUMBERED: Final = re.compile(r'^("?)(?P<base>.+)_\d+("?)$')
_COUNTED: Final = frozenset({"LIMIT", "OFFSET"})


class NormalForm(NamedTuple):
    """A statement's normal form.

    Attributes:
        text: the text; parameters are ``?``, a batch of rows is one row.
        keys: of each parameter of the text, in its order, the name or the position (from 1) that the driver knows.
        rows: how many rows of values it inserts; 1 for everything else.
    """

    text: str
    keys: tuple[str | int, ...]
    rows: int


@lru_cache(maxsize=20_000)
def normal_form(sql: str, driver: str | None = None) -> NormalForm:
    """Bring a statement into its normal form.

    Args:
        sql: the text as the driver got it.
        driver: the driver's name.
    """
    return finished(meaning(sql, driver))


def meaning(sql: str, driver: str | None = None) -> tuple[tuple[Node, ...], int]:
    """Return a statement without labels, and with one row of those that it inserts; and how many there were."""
    tokens = tokens_of(sql, driver)
    position = 0
    for at, token in enumerate(tokens):
        if isinstance(token, Placeholder) and token.key is None:
            position += 1
            tokens[at] = Placeholder(position)
        elif at and str(tokens[at - 1]).upper() in _COUNTED and isinstance(token, str) and token.isdigit():
            tokens[at] = Placeholder(LITERAL)
    nodes, rows = _one_row(nested(tokens))
    return tuple(resolved(nodes)), rows


def finished(statement: tuple[Sequence[Node], int]) -> NormalForm:
    """Return the normal form of what ``meaning`` returned, aliases numbered as they come."""
    nodes = renumbered(statement[0])
    keys = tuple(token.key for token in flat(nodes) if isinstance(token, Placeholder) and token.key is not None)
    return NormalForm(text_of(nodes), keys, statement[1])


def renumbered(nodes: Sequence[Node]) -> list[Node]:
    """Return nodes with the numbered aliases (``users_1``, ``anon_2``) and the savepoints numbered as they come."""
    tokens = list(flat(nodes))
    aliases = set()
    for before, token in zip(["", *tokens], tokens, strict=False):
        if isinstance(token, str) and before in {"AS", "SAVEPOINT", "RECURSIVE", "WITH"} and _NUMBERED.match(token):
            aliases.add(token)
    if not aliases:
        return list(nodes)
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    pattern = re.compile("|".join(rf"(?<![\w\"]){re.escape(alias)}(?![\w\"])" for alias in sorted(aliases, key=len)))

    def name(match: re.Match[str]) -> str:
        alias = match.group()
        if alias not in names:
            found = _NUMBERED.match(alias)
            base = found.group("base").strip('"') if found else alias
            counts[base] = counts.get(base, 0) + 1
            names[alias] = f"{base}#{counts[base]}" if base != "sa_savepoint" else base
        return names[alias]

    return replaced(nodes, lambda word: word if word.startswith("'") else pattern.sub(name, word))


def _one_row(nodes: list[Node]) -> tuple[list[Node], int]:
    """Return an INSERT of many rows as an INSERT of one, and their number."""
    if "INSERT" not in nodes[:1] or "VALUES" not in list(flat(nodes)):
        return nodes, 1
    if "VALUES" not in nodes:
        return _sorted_rows(nodes)
    start = nodes.index("VALUES") + 1
    end = start
    while end < len(nodes) and isinstance(nodes[end], Group):
        end += 2 if end + 1 < len(nodes) and nodes[end + 1] == "," else 1
    rows = [node for node in nodes[start:end] if isinstance(node, Group)]
    if len(rows) < 2 or len({text_of(row.nodes) for row in rows}) > 1:
        return nodes, 1
    return [*nodes[:start], rows[0], *nodes[end:]], len(rows)


def _sorted_rows(nodes: list[Node]) -> tuple[list[Node], int]:
    """``INSERT INTO t (a) SELECT p0 FROM (VALUES (?, 0), (?, 1)) AS imp_sen(p0, sen_counter) ORDER BY sen_counter``."""
    groups = [node for node in nodes if isinstance(node, Group) and node.nodes[:1] == ["VALUES"]]
    if "imp_sen" not in nodes or "SELECT" not in nodes or len(groups) != 1:
        return nodes, 1
    rows = [row for row in groups[0].nodes[1:] if isinstance(row, Group)]
    select = nodes.index("SELECT")
    columns = split(nodes[select + 1 : nodes.index("FROM", select)], ",")
    sources = split(rows[0].nodes, ",") if rows else []
    items: list[Node] = []
    for number, column in enumerate(columns):
        word = column[0] if len(column) == 1 else None
        if word is not None and not isinstance(word, Group) and is_row_column(word) and isinstance(word, str):
            index = int(word[1:])
            column = sources[index] if index < len(sources) else column
        items += [",", *column] if number else column
    rest = nodes[nodes.index("RETURNING") :] if "RETURNING" in nodes else []
    return [*nodes[:select], "VALUES", Group(items), *rest], len(rows)
