"""The edits that put a loader option into the SELECT that loaded the parents."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from greenshift.explain.attribute.names import Unnamed, name_in, names_of
from greenshift.explain.editing.imports import NameTakenError, import_edits
from greenshift.explain.editing.load_options import Step, insert_options
from greenshift.explain.editing.source import Source, read_source
from greenshift.explain.editing.statements import find_loading
from greenshift.explain.explanation import Edit
from greenshift.explain.n_plus_one.loader_options import LoaderOption
from greenshift.trace import LoadedBy
from greenshift.trace.instances import Chain

# The imports that an option needs: module and name.
_Imports = dict[str, list[str]]


def option_edits(source: LoadedBy | None, chain: Chain, option: LoaderOption) -> tuple[Edit, ...]:
    """Return the edits, or none where the place or a name in it cannot be told for certain.

    Args:
        source: the SELECT.
        chain: the relationships that lead from what it selects to the attribute's instance.
        option: what to put there.
    """
    site = None if source is None else source.call_site
    file = None if site is None else read_source(site.file, site.line)
    root = None if source is None else _root(source, chain, option)
    if site is None or file is None or root is None or option.is_recursive:
        return ()
    names = names_of(root.class_, file)
    found = find_loading(file, site.line, names)
    if found is None:
        return ()
    imports: _Imports = {}
    try:
        steps = _steps(root, chain, option, file, found.entity, imports)
        inserted = None if steps is None else insert_options(file, site.line, names, [steps])
        if inserted is None:
            return ()
        if inserted.functions:
            imports.setdefault("sqlalchemy.orm", []).extend(inserted.functions)
        edits = [edit for module, wanted in imports.items() for edit in import_edits(file, module, wanted)]
    except (Unnamed, NameTakenError):
        return ()
    return (*inserted.edits, *edits)


def _root(source: LoadedBy, chain: Chain, option: LoaderOption) -> Mapper[Any] | None:
    """Return the one entity of a SELECT, itself and no alias of it, with which the path begins."""
    described: Any = getattr(source.statement, "column_descriptions", ())
    entities = [inspect(one.get("entity"), raiseerr=False) for one in described]
    first = option.path[0].rpartition(".")[0]
    found = [
        entity
        for entity in entities
        if isinstance(entity, Mapper)
        and (entity.class_ is chain[0][0] if chain else _named(entity, first) is not None or len(entities) == 1)
    ]
    if chain and not found and len(entities) == 1 and isinstance(entities[0], Mapper):
        return entities[0]
    return found[0] if len(found) == 1 else None


def _named(mapper: Mapper[Any], name: str) -> type[Any] | None:
    """Return the class of this name among those that the rows of a mapper may have."""
    return next((one.class_ for one in mapper.self_and_descendants if one.class_.__name__ == name), None)


def _steps(
    root: Mapper[Any], chain: Chain, option: LoaderOption, file: Source, entity: str, imports: _Imports
) -> list[Step] | None:
    name, _, key = option.path[-1].rpartition(".")
    last = inspect(chain[-1][0]).relationships[chain[-1][1]].mapper if chain else root
    model = _named(last, name)
    if model is None:
        # The attribute belongs to a class above.
        model = next((one.class_ for one in last.iterate_to_root() if one.class_.__name__ == name), None)
    if model is None:
        return None
    steps = []
    for number, (owner, attribute) in enumerate((*chain, (model, key))):
        written = None
        if number or not root.has_property(attribute):
            written, wanted = name_in(owner, file, entity)
            if wanted is not None:
                imports.setdefault(wanted[0], []).append(wanted[1])
        is_column = option.is_column and number == len(chain)
        steps.append(Step("undefer" if is_column else "selectinload", written, attribute))
    return steps
