"""Attributes that the query should have loaded: the loader option, at the statement that loaded the object."""

from __future__ import annotations

import os
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, RelationshipDirection

from greenshift.explain.attribute.names import Unnamed, name_in, names_of
from greenshift.explain.attribute.reach import Path, reached
from greenshift.explain.attribute.read import AttributeRead, is_of_subclass
from greenshift.explain.attribute.remedy import Remedy
from greenshift.explain.attribute.variables import instance_name, refresh_before
from greenshift.explain.editing.imports import NameTakenError, import_edits
from greenshift.explain.editing.load_options import Step, insert_options, option_text
from greenshift.explain.editing.source import Source, read_source, source_behind
from greenshift.explain.editing.statements import find_loading
from greenshift.explain.explanation import Edit, Place
from greenshift.trace import CallSite
from greenshift.trace.instances import chain_of

_UNWATCHED: Final = "which statement loaded the object: it ran unwatched, or was no select()"
_PRINTED: Final = "which statement loaded the object: a printed traceback does not say"
# selectinload is right for every relationship: it needs no unique(), and works with LIMIT, FOR UPDATE and streaming.
_OPTIONS: Final = {"lazy relationship": "selectinload", "deferred column": "undefer"}


def load_with_query(reads: list[AttributeRead]) -> Remedy:
    """Return how the statement that loaded an object loads what was read of it.

    Args:
        reads: relationships and deferred columns of one object (or several loaded alike), at least one.
    """
    read = reads[0]
    state, loaded = read.state, read.source
    if state is None or read.attribute is None:
        return _in_general(reads)
    paths = list(dict.fromkeys(path for one in reads for path in _paths(one)))
    if loaded is None:
        return _created(reads) if read.is_created else _unwatched(read, paths)
    root = state.load_path.path[0] if state.load_path.path else state.mapper
    site = loaded.call_site
    where = () if site is None else (_place(site),)
    if not isinstance(root, Mapper):
        # The statement selects an alias, whose attributes are the ones to name.
        text = ", ".join(option_text(_plain(path, reads), path[0][0].__name__) for path in paths)
        return Remedy(f"{_add(text, site)}\nof the alias that the statement selects: alias.attribute", where)
    edits, text = _edits(root, site, paths, reads)
    alone = _alternatives(reads) if len(paths) == 1 and len(paths[0]) == 1 else ""
    return Remedy(_add(text, site, edits) + alone, where, edits)


def _paths(read: AttributeRead) -> list[Path]:
    """Return the attributes to load from the entity of the statement on, through all that the code reads next."""
    assert read.state is not None
    assert read.attribute is not None
    before = chain_of(read.instance)
    here: list[Path] = [((type(read.instance), read.attribute),)]
    source = None
    if read.is_relationship and read.frame is not None:
        source = source_behind(read.frame.file, read.frame.line, read.frame.code)
    if source is not None and read.frame is not None:
        names = [name for name, value in (read.frame.locals or {}).items() if value is read.instance]
        here = reached(source, read.frame.line, read.state.mapper, read.attribute, names)
    return [(*before, *path) for path in here]


def _option(model: type[Any], key: str, reads: list[AttributeRead]) -> str:
    for read in reads:
        if read.attribute == key and type(read.instance) is model and not read.is_relationship:
            return _OPTIONS["deferred column"]
    return _OPTIONS["lazy relationship"]


def _plain(path: Path, reads: list[AttributeRead]) -> list[Step]:
    return [Step(_option(model, key, reads), model.__name__, key) for model, key in path]


def _text(root: Mapper[Any], paths: list[Path], reads: list[AttributeRead]) -> str:
    chains = [_plain(path, reads) for path in paths]
    try:
        chains = _with_subclasses(chains, paths, root)
    except Unnamed:
        pass
    return ", ".join(option_text(chain, root.class_.__name__) for chain in chains)


def _edits(
    root: Mapper[Any], site: CallSite | None, paths: list[Path], reads: list[AttributeRead]
) -> tuple[tuple[Edit, ...], str]:
    """Return the edits, none where the place is not certain, and the options' text as that place writes it."""
    text = _text(root, paths, reads)
    source = None if site is None else read_source(site.file, site.line)
    if site is None or source is None:
        return (), text
    names = names_of(root.class_, source)
    found = find_loading(source, site.line, names)
    if found is None:
        return (), text
    try:
        imports: dict[str, list[str]] = {}
        chains = [_steps(path, root, source, found.entity, reads, imports) for path in paths]
        chains = _with_subclasses(chains, paths, root)
        inserted = insert_options(source, site.line, names, chains)
        if inserted is None:
            return (), text
        if inserted.functions:
            imports.setdefault("sqlalchemy.orm", []).extend(inserted.functions)
        edits = [edit for module, wanted in imports.items() for edit in import_edits(source, module, wanted)]
    except (Unnamed, NameTakenError):
        return (), text
    text = ", ".join(option_text(chain, found.entity) for chain in chains)
    return (*inserted.edits, *edits), text


def _steps(
    path: Path,
    root: Mapper[Any],
    source: Source,
    entity: str,
    reads: list[AttributeRead],
    imports: dict[str, list[str]],
) -> list[Step]:
    steps = []
    for number, (model, key) in enumerate(path):
        name: str | None = None
        if number or not root.has_property(key):
            name, wanted = name_in(model, source, entity)
            if wanted is not None:
                imports.setdefault(wanted[0], []).append(wanted[1])
        steps.append(Step(_option(model, key, reads), name, key))
    return steps


def _with_subclasses(chains: list[list[Step]], paths: list[Path], root: Mapper[Any]) -> list[list[Step]]:
    """Put ``selectin_polymorphic`` before the options of attributes that only a subclass of the selected class has.

    Raises:
        Unnamed: the subclass stands further down in a chain, where one option cannot say it.
    """
    result: list[list[Step]] = []
    for chain, path in zip(chains, paths, strict=True):
        owner = root
        for number, (_, key) in enumerate(path):
            if not owner.has_property(key):
                if number:
                    raise Unnamed(key)
                subclass = [Step("selectin_polymorphic", chain[0].model, None)]
                result += [] if subclass in result else [subclass]
            found = inspect(path[number][0]).mapper.relationships.get(key)
            owner = owner if found is None else found.mapper
        # The subclass's own SELECT loads the columns of its table.
        is_column = chain[0].option == _OPTIONS["deferred column"]
        if not (is_column and not root.has_property(path[0][1]) and _is_loaded_with_subclass(path)):
            result.append(chain)
    return result


def _is_loaded_with_subclass(path: Path) -> bool:
    model, key = path[0]
    column = inspect(model).mapper.column_attrs.get(key)
    return column is not None and not column.deferred


def _add(text: str, site: CallSite | None, edits: tuple[Edit, ...] = ()) -> str:
    where = "the statement that loaded it" if site is None else f"the statement at {_short(site)}"
    if any("options=[" in edit.title for edit in edits):
        return f"add options=[{text}] to {where}"
    return f"add .options({text}) to {where}"


def _short(site: CallSite) -> str:
    return f"{os.path.basename(site.file)}:{site.line}"


def _alternatives(reads: list[AttributeRead]) -> str:
    read = reads[0]
    relationship = read.relationship
    if relationship is None or read.state is None or read.attribute is None:
        return ""
    lines = ""
    if relationship.direction is RelationshipDirection.MANYTOONE and len(reads) == 1:
        always = all(not column.nullable for column in relationship.local_columns)
        inner = ", innerjoin=True" if always else ""
        model = relationship.parent.class_.__name__
        lines += f"\n(joinedload({model}.{read.attribute}{inner}) loads it in the same SELECT instead of a second one)"
    if read.state.async_session is not None:
        text, edit = refresh_before(read, [read.attribute])
        lines += "" if edit is None else f"\nor, for this object alone, before the read: {text}"
        lines += _awaitable(read)
    return lines


def _awaitable(read: AttributeRead) -> str:
    """Return the line on ``AsyncAttrs``, for a class that has it."""
    if not hasattr(type(read.instance), "awaitable_attrs"):
        return ""
    name = next((one for frame in read.callers[:1] if (one := instance_name(frame, read.instance))), "instance")
    return f"\nor read it with: await {name}.awaitable_attrs.{read.attribute}"


def _created(reads: list[AttributeRead]) -> Remedy:
    """Return the remedy for an object that the program made itself: no statement loaded it."""
    read = reads[0]
    names = [one.attribute for one in reads if one.attribute is not None]
    text, edit = refresh_before(read, names, once=True)
    fix = f"load it before the read: {text}"
    if read.state is not None and read.state.session is None:
        fix = f"load it while the session is open: {text.removeprefix('await ')}"
    if read.relationship is not None and read.relationship.uselist:
        fix += f"\nor give the new object its collection at once: {read.model}(..., {read.attribute}=[])"
    return Remedy(fix + _awaitable(read), edits=() if edit is None else (edit,))


def _unwatched(read: AttributeRead, paths: list[Path]) -> Remedy:
    root = inspect(paths[0][0][0]).mapper
    if read.state is not None and is_of_subclass(read.state, read.attribute or ""):
        root = root.inherits or root
    text = _text(root, paths, [read])
    return Remedy(_add(text, None) + _alternatives([read]), unknown=(_UNWATCHED,))


def _in_general(reads: list[AttributeRead]) -> Remedy:
    """Return the remedy where only a text is known, with the names that it gives."""
    read = reads[0]
    option = _OPTIONS.get(read.kind, "selectinload")
    names = [f"{option}({one.model or 'Model'}.{one.attribute})" for one in reads if one.attribute is not None]
    text = ", ".join(dict.fromkeys(names)) or f"{option}(...)"
    return Remedy(f"add .options({text}) to the statement that loaded the object", unknown=(_PRINTED,))


def _place(site: CallSite) -> Place:
    source = read_source(site.file, site.line)
    code = None if source is None or site.line > len(source.lines) else source.lines[site.line - 1].strip()
    return Place(site.file, site.line, "loaded here", site.function, code)
