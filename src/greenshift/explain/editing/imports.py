"""Names that a file needs: those it has, and the edit that imports those it lacks."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import CodePosition

from greenshift.explain.editing.source import Source, dotted
from greenshift.explain.explanation import Edit


class NameTakenError(Exception):
    """A name is needed and means something else in the file."""


def top_level(source: Source) -> list[cst.BaseSmallStatement | cst.BaseCompoundStatement]:
    """Return the statements of a file outside its functions and classes; those of a ``try`` count as well."""
    found: list[cst.BaseSmallStatement | cst.BaseCompoundStatement] = []
    waiting: list[cst.CSTNode] = list(reversed(source.module.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.SimpleStatementLine):
            found += node.body
        elif isinstance(node, cst.Try | cst.TryStar):
            waiting.extend(reversed(node.body.body))
        elif isinstance(node, cst.BaseCompoundStatement):
            found.append(node)
    return found


def module_of(statement: cst.ImportFrom) -> str:
    """Return ``..models`` for ``from ..models import Account``."""
    name = "" if statement.module is None else dotted(statement.module) or ""
    return "." * len(statement.relative) + name


def bound(source: Source) -> dict[str, str]:
    """Return the names that a file binds at its top level, with where each comes from.

    Returns:
        ``module:name`` for an imported name, an empty text for any other.
    """
    names: dict[str, str] = {}
    for statement in top_level(source):
        if isinstance(statement, cst.ImportFrom) and not isinstance(statement.names, cst.ImportStar):
            for alias in statement.names:
                names[alias.evaluated_alias or alias.evaluated_name] = f"{module_of(statement)}:{alias.evaluated_name}"
        elif isinstance(statement, cst.Import):
            for alias in statement.names:
                name = alias.evaluated_alias or alias.evaluated_name.partition(".")[0]
                names[name] = f"{alias.evaluated_name}:"
        elif isinstance(statement, cst.FunctionDef | cst.ClassDef):
            names[statement.name.value] = ""
        elif isinstance(statement, cst.Assign):
            for target in statement.targets:
                for name_node in source.nodes(cst.Name, within=target.target):
                    names[name_node.value] = ""
        elif isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
            names[statement.target.value] = ""
    return names


def import_edits(source: Source, module: str, names: list[str]) -> list[Edit]:
    """Return the edits after which a file has some names of a module.

    Args:
        source: the file.
        module: where they are, ``sqlalchemy.orm``.
        names: the names.

    Raises:
        NameTakenError: one of them means something else there.
    """
    have = bound(source)
    missing = []
    for name in dict.fromkeys(names):
        if name not in have:
            missing.append(name)
        elif have[name] != f"{module}:{name}":
            raise NameTakenError(name)
    if not missing:
        return []
    existing = None
    for statement in top_level(source):
        if not isinstance(statement, cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
            continue
        if module_of(statement) == module:
            existing = statement
    title = f"import {', '.join(missing)}"
    if existing is not None:
        return _extended(source, existing, missing, title)
    return [_new_line(source, module, f"from {module} import {', '.join(sorted(missing, key=_order))}", title)]


def _order(name: str) -> tuple[int, str]:
    """Order names as import sorters do: constants, classes, the rest."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return rank, name


def _extended(source: Source, statement: cst.ImportFrom, missing: list[str], title: str) -> list[Edit]:
    assert not isinstance(statement.names, cst.ImportStar)
    aliases = list(statement.names)
    keys = [_order(alias.evaluated_name) for alias in aliases]
    in_order = keys == sorted(keys)
    texts: dict[CodePosition, list[str]] = {}
    for name in sorted(missing, key=_order):
        after = next((one for one, key in zip(aliases, keys, strict=True) if key > _order(name)), None)
        if after is not None and in_order:
            start = source.range(after).start
            texts.setdefault(start, []).append(f"{name},{_break(source, statement, after) or ' '}")
        else:
            end = source.range(aliases[-1].asname or aliases[-1].name).end
            texts.setdefault(end, []).append(f",{_break(source, statement, aliases[-1]) or ' '}{name}")
    return [source.insertion(position, "".join(parts), title) for position, parts in texts.items()]


def _break(source: Source, statement: cst.ImportFrom, alias: cst.ImportAlias) -> str:
    """Return the line break and indentation of a name that stands first on its line between parentheses."""
    start = source.range(alias).start
    before = source.lines[start.line - 1][: start.column]
    return f"\n{before}" if statement.lpar is not None and not before.strip() else ""


def _new_line(source: Source, module: str, text: str, title: str) -> Edit:
    """Put an import behind the last of its own package, or behind those that stand at the top of the file."""
    package = module.lstrip(".").partition(".")[0]
    line: cst.CSTNode | None = None
    own: cst.CSTNode | None = None
    for number, statement in enumerate(source.module.body):
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        first = statement.body[0]
        is_docstring = number == 0 and isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString)
        if is_docstring or isinstance(first, cst.Import | cst.ImportFrom):
            line = statement
        imported = ""
        if isinstance(first, cst.ImportFrom):
            imported = module_of(first)
        elif isinstance(first, cst.Import):
            imported = first.names[0].evaluated_name
        if imported.partition(".")[0] == package:
            own = statement
    anchor = own or line
    if anchor is None:
        first_statement = source.module.body[0] if source.module.body else None
        where = 1 if first_statement is None else source.range(first_statement).start.line
        decorators = getattr(first_statement, "decorators", ())
        if decorators:
            where = source.range(decorators[0]).start.line
        return source.insertion(CodePosition(where, 0), f"{text}\n", title)
    end = source.range(anchor).end
    # The comment behind an import belongs to its line.
    full = CodePosition(end.line, len(source.lines[end.line - 1]))
    return source.insertion(full, f"\n{text}", title)
