"""Which modules the shift touches at all, and which libraries it cannot move."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from weakref import WeakKeyDictionary

from greenshift.shift.kinds import Kinds
from greenshift.shift.project import Module, Project
from greenshift.shift.project.alembic import is_alembic
from greenshift.shift.project.desktop import desktop_modules

WITHOUT_ASYNC_FORM = {
    "flask_sqlalchemy.SQLAlchemy": "Flask-SQLAlchemy",
    "flask_sqlalchemy_lite.SQLAlchemy": "Flask-SQLAlchemy-Lite",
    "fastapi_sqlalchemy.DBSessionMiddleware": "FastAPI-SQLAlchemy",
    "pony.orm.Database": "Pony",
    "peewee.Database": "Peewee",
}
"""Classes whose sessions cannot become async, and the names of their libraries."""

_REACHED: WeakKeyDictionary[Project, dict[Module, bool]] = WeakKeyDictionary()


def in_reach(project: Project, module: Module) -> bool:
    """Whether a module is part of what becomes async: Alembic's modules and a desktop program's stay sync.

    Args:
        project: The project.
        module: The module.
    """
    known = _REACHED.setdefault(project, {})
    if module not in known:
        known[module] = _in_reach(project, module)
    return known[module]


def _in_reach(project: Project, module: Module) -> bool:
    path = PurePosixPath(module.file)
    if "versions" in path.parts and any(imported.module == "alembic" for imported in module.imports.values()):
        return False
    return not is_alembic(module) and module not in desktop_modules(project)


def without_async_form(kinds: Kinds, module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls that make something of a library without an async form, with the library's name.

    Args:
        kinds: The analysis.
        module: The module.
    """
    for call in kinds.calls(module):
        if isinstance(call.func, ast.Name | ast.Attribute):
            library = WITHOUT_ASYNC_FORM.get(kinds.library_name(module, call.func) or "")
            if library is not None:
                yield call, library
