"""What imports bind: modules and names of the program, or names of libraries."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Value
from greenshift.check.source.imports import from_module
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static.objects import Frame, ModuleObject

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator


def imported(evaluator: Evaluator, statement: ast.Import | ast.ImportFrom, name: str, frame: Frame) -> Value | None:
    """Return what an import binds a name to; None if it does not bind it.

    Args:
        evaluator: evaluates names of other modules.
        statement: the import.
        name: the name.
        frame: where it is imported.
    """
    path = frame.file.path
    if isinstance(statement, ast.Import):
        for alias in reversed(statement.names):
            if (alias.asname or alias.name.partition(".")[0]) == name:
                return _module(evaluator, alias.name if alias.asname else name, path)
        return None
    for alias in reversed(statement.names):
        if (alias.asname or alias.name) == name and alias.name != "*":
            return _from(evaluator, statement, alias.name, frame.file)
    return None


def _module(evaluator: Evaluator, dotted: str, path: str) -> Value:
    location = evaluator.project.modules.locate(dotted, path)
    if location is None:
        return Value.of(Symbol(dotted))
    return Value.of(ModuleObject(location, evaluator.project.module_file(location)))


def location_of(evaluator: Evaluator, statement: ast.ImportFrom, file: SourceFile) -> str | None:
    """Return the location of the module that ``from ... import`` names; None if it is none of the program's.

    Args:
        evaluator: knows the program's modules.
        statement: the import.
        file: the importing file.
    """
    modules = evaluator.project.modules
    if not statement.level:
        return modules.locate(statement.module or "", file.path)
    location = modules.relative(file.path, statement.level, statement.module or "")
    return location if location is not None and (not location or evaluator.project.is_known(location)) else None


def _from(evaluator: Evaluator, statement: ast.ImportFrom, name: str, file: SourceFile) -> Value:
    location = location_of(evaluator, statement, file)
    if location is None:
        module = from_module(statement, file.path, evaluator.project.modules)
        return Value.of(Symbol(f"{module}.{name}" if module else name))
    return member(evaluator, ModuleObject(location, evaluator.project.module_file(location)), name)


def member(evaluator: Evaluator, module: ModuleObject, name: str) -> Value:
    """Return what a name of a module of the program is: an assignment, or a module below it.

    Args:
        evaluator: evaluates names.
        module: the module.
        name: the name.
    """
    if module.file is not None:
        found = evaluator.attribute_of_module(module.file, name)
        if found is not None:
            return found
    inner = evaluator.project.below(module.location, name)
    if inner is not None:
        return Value.of(ModuleObject(inner, evaluator.project.module_file(inner)))
    return Value(unknown=f"{posixpath.basename(module.location)} has no {name}")


def starred(evaluator: Evaluator, file: SourceFile, name: str) -> Value | None:
    """Return what a name is that a module has from a star import of another one of the program; None if it has it not.

    Args:
        evaluator: evaluates names.
        file: the importing module.
        name: the name.
    """
    if name.startswith("_") or "import *" not in file.text:
        return None
    for statement in evaluator.indexes.star_imports(file):
        location = location_of(evaluator, statement, file)
        if location is None:
            continue
        module = evaluator.project.module_file(location)
        found = evaluator.attribute_of_module(module, name) if module is not None and module is not file else None
        if found is not None:
            return found
    return None
