"""The metadata: the declarative base and its tables, and a module that imports all of them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.source_file import SourceFile
from greenshift.init.source_tree import SourceTree, assigned, statements
from greenshift.init.table_groups import SQLMODEL, Group, TableGroups

_ABOUT_MODELS: Final = re.compile(
    r"model|table|orm|schema|entit|base|(^|/)db|database|metadata|__init__", re.IGNORECASE
)


@dataclass(frozen=True)
class Metadata:
    """The metadata that tests need.

    Attributes:
        paths: ``module:attribute``, one or several that together import all tables.
        group: its tables.
        others: other metadata of the project.
        declared: the place of Alembic's ``target_metadata``, if that decided it.
    """

    paths: tuple[str, ...]
    group: Group
    others: tuple[Group, ...] = ()
    declared: str = ""


def find_metadata(tree: SourceTree) -> Metadata | None:
    """Return the project's metadata; None where it has no table.

    Args:
        tree: the project's files.
    """
    groups = sorted(TableGroups(tree).found(), key=lambda one: -one.count)
    if not groups:
        return None
    declared, place = _target_metadata(tree)
    chosen = next((one for one in groups if one.key == declared), groups[0])
    if chosen.key != declared:
        place = ""
    others = tuple(one for one in groups if one is not chosen)
    return Metadata(_importing(tree, chosen), chosen, others, place)


def _importing(tree: SourceTree, group: Group) -> tuple[str, ...]:
    """The fewest modules that hold the metadata, or a class of it, and import all its tables."""
    hinted = _imported_by_migrations(tree)
    candidates: list[_Candidate] = []
    for file in tree.sources:
        name = _held(tree, file, group)
        if name is not None:
            seen = tree.closure(file)
            is_meant = file.path in hinted or file.path in group.tables or _ABOUT_MODELS.search(file.path) is not None
            rank = (not file.path.endswith("__main__.py"), file.path in hinted, -len(seen), -len(file.path), file.path)
            candidates.append(_Candidate(f"{file.module}:{name}", seen & set(group.tables), is_meant, rank))
    # A script that imports all models does more besides: only where the models' own modules do not do it.
    meant = _cover(group, [one for one in candidates if one.is_meant])
    whole = _cover(group, candidates)
    return whole[0] if len(whole[1]) < len(meant[1]) else meant[0]


@dataclass(frozen=True)
class _Candidate:
    path: str
    seen: frozenset[str]
    is_meant: bool
    rank: tuple[bool, bool, int, int, str]


def _cover(group: Group, candidates: list[_Candidate]) -> tuple[tuple[str, ...], set[str]]:
    """Modules that together import the tables, and the modules of tables that none imports."""
    wanted, chosen = set(group.tables), list[str]()
    while wanted and candidates:
        best = max(candidates, key=lambda one: (len(one.seen & wanted), one.rank))
        if not best.seen & wanted:
            break
        chosen.append(best.path)
        wanted -= best.seen
    return tuple(sorted(chosen) if len(chosen) > 1 else chosen), wanted


def _imported_by_migrations(tree: SourceTree) -> set[str]:
    """The files that Alembic's ``env.py`` imports itself."""
    found = set[str]()
    for file in tree.files:
        if file.path.rpartition("/")[2] != "env.py":
            continue
        for name in file.imports.values():
            for module in (name, name.rpartition(".")[0]):
                imported = tree.file_of(module, file.path) if module else None
                if imported is not None:
                    found.add(imported.path)
    return found


def _held(tree: SourceTree, file: SourceFile, group: Group) -> str | None:
    """The name under which a module holds the metadata, or else a class that is mapped to it."""
    key, last = group.key, group.key.rpartition(".")[2]
    if key in SQLMODEL and file.imports.get("SQLModel") in SQLMODEL:
        return "SQLModel"
    bound = tree.bound(file)
    names = {f"{file.module}.{name}": name for name in bound}
    if key in names:
        return names[key]
    imported = {name for node in statements(file.tree.body) for name in _imported_names(node)}
    for name in sorted(imported, key=lambda one: (one != last, one)):
        if tree.meant(file, ast.Name(name)) == key:
            return name
    classes = group.tables.get(file.path)
    if classes:
        return classes[0]
    mapped = {f"{tree.by_path[path].module}.{name}" for path, names in group.tables.items() for name in names}
    return next((name for name in sorted(imported) if tree.meant(file, ast.Name(name)) in mapped), None)


def _imported_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if alias.name != "*"]
    return []


def _target_metadata(tree: SourceTree) -> tuple[str, str]:
    """What Alembic's ``env.py`` takes for the metadata, and where it says so."""
    for file in tree.files:
        if file.path.rpartition("/")[2] != "env.py":
            continue
        for node in statements(file.tree.body):
            one = assigned(node)
            if one is not None and one[0] == "target_metadata":
                value = one[1].value if isinstance(one[1], ast.Attribute) and one[1].attr == "metadata" else one[1]
                name = tree.meant(file, value)
                return (SQLMODEL[0] if name in SQLMODEL else name), f"{file.path}:{node.lineno}"
    return "", ""
