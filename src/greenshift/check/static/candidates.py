"""Which calls may make an engine or a session: by the names they use, aliases and partials followed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from greenshift.check.source.source_file import SourceFile
from greenshift.check.static import makers
from greenshift.check.static.bindings import target_names
from greenshift.check.static.project import Project


def called_name(call: ast.Call) -> str:
    """Return the last name of what a call calls; "" if it has none."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def candidate_calls(files: Sequence[SourceFile], project: Project) -> Iterator[tuple[SourceFile, ast.Call]]:
    """Yield the calls that may make an engine, a session factory or a session, in the order of their places.

    Args:
        files: the files that have to do with SQLAlchemy.
        project: has the others: they may import an alias.
    """
    names = set(makers.ALL)
    while True:
        more = {alias for file in files for alias in _aliases(file, names)} - names
        if not more:
            break
        names |= more
    for file in [*files, *_importing(files, project, names - makers.ALL)]:
        calls = [call for call in file.nodes(ast.Call) if called_name(call) in names or isinstance(call.func, ast.Call)]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            yield file, call


def _importing(files: Sequence[SourceFile], project: Project, aliases: set[str]) -> Iterator[SourceFile]:
    """Yield the other files that import an alias from a module of the program."""
    known = {file.path for file in files}
    if not aliases:
        return
    imports = re.compile(r"\bimport\b[^#]*\b(" + "|".join(map(re.escape, sorted(aliases))) + r")\b")
    for path in project.paths:
        if path not in known and imports.search(project.texts[path]):
            file = project.file(path)
            if file is not None and any(meant.rpartition(".")[2] in aliases for meant in file.imports.values()):
                yield file


def _aliases(file: SourceFile, names: set[str]) -> Iterator[str]:
    for local, meant in file.imports.items():
        if meant.rpartition(".")[2] in names:
            yield local
    if not any(name in file.text for name in names):
        return
    for assign in file.nodes(ast.Assign):
        if _hands_on(assign.value, names):
            for target in assign.targets:
                for name in target_names(target):
                    yield name.rpartition(".")[2]
    for annotated in file.nodes(ast.AnnAssign):
        if annotated.value is not None and _hands_on(annotated.value, names):
            for name in target_names(annotated.target):
                yield name.rpartition(".")[2]
    for arguments in file.nodes(ast.arguments):
        positional = [*arguments.posonlyargs, *arguments.args]
        for arg, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
            if _hands_on(default, names):
                yield arg.arg


def _hands_on(value: ast.expr, names: set[str]) -> bool:
    """Whether an expression is one of the functions: ``ce``, ``a if b else c``, ``partial(create_engine, ...)``."""
    if isinstance(value, ast.Name):
        return value.id in names
    if isinstance(value, ast.Attribute):
        return value.attr in names
    if isinstance(value, ast.IfExp):
        return _hands_on(value.body, names) or _hands_on(value.orelse, names)
    if isinstance(value, ast.Call) and called_name(value) == "partial":
        return any(_hands_on(argument, names) for argument in value.args[:1])
    return False
