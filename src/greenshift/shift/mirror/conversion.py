"""The tests made async by the stages of the shift, while the application stays as it is."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from greenshift.shift.kinds import Kinds, infer
from greenshift.shift.kinds.names import GlobalName
from greenshift.shift.kinds.values import ClassValue, Connection, Engine, FunctionValue, Session, SessionFactory
from greenshift.shift.mirror.awaiting_models import await_models
from greenshift.shift.mirror.configuration import MirrorConfiguration
from greenshift.shift.mirror.mapped_names import with_mapped_names
from greenshift.shift.mirror.plugin_fixtures import FILE, TEXT
from greenshift.shift.mirror.units import split, unit_at
from greenshift.shift.project import Module, Source, project_of
from greenshift.shift.rewrite.context import STAGES, Context, Left, Options
from greenshift.shift.rewrite.stages import run_stage

HARMLESS = {"bridged", "blocking"}
"""Kinds of places that are listed for the user's sake, though the stage has done all there is to do."""


@dataclass
class Refusal:
    """A piece that cannot be mirrored.

    Attributes:
        unit: The piece's name.
        line: The line in the source, from 1.
        reason: Why, in one line.
    """

    unit: str
    line: int
    reason: str


@dataclass
class Converted:
    """The tests' files after all stages.

    Attributes:
        texts: Each file's text.
        refusals: What could not be converted, for each file.
    """

    texts: dict[str, str]
    refusals: dict[str, list[Refusal]] = field(default_factory=dict)


def convert(texts: Mapping[str, str], files: frozenset[str], configuration: MirrorConfiguration) -> Converted:
    """Convert the tests' files.

    Args:
        texts: The whole application's texts by relative path.
        files: The tests' files among them.
        configuration: Which names become which.
    """
    originals = {file: Source(file, texts[file]) for file in files}
    current = {**texts, FILE: TEXT}
    for file in files:
        current[file] = with_mapped_names(originals[file], configuration.names).text
    result = Converted({})
    context = _analysed(current)
    _refuse_sync_parts(context.kinds, files, result, originals)
    if configuration.names:
        await_models(context, files, configuration.awaited)
        _note(result, originals, current, context.left)
        changed, _ = context.sources()
        current.update({one.file: one.text for one in changed if one.file in files})
    kept = frozenset(current) - files - {FILE}
    options = Options(loading="awaitable", kept=kept, postgres_driver="asyncpg")
    for stage in STAGES:
        done = run_stage(stage, current, options)
        _note(result, originals, current, [one for one in done.left if not _is_harmless(stage, one)])
        # The application stays as it is, whatever the stage would make of it.
        current.update({file: done.texts[file] for file in files})
        if stage != STAGES[-1]:
            current[FILE] = TEXT
    result.texts = {file: current[file] for file in files}
    return result


def _analysed(texts: Mapping[str, str]) -> Context:
    project = project_of(texts)
    return Context(project, infer(project))


def _is_harmless(stage: str, left: Left) -> bool:
    # In the flip a lazy load is listed that is awaited by then.
    return left.kind in HARMLESS or (stage == "flip" and left.kind == "lazy load")


def _note(result: Converted, originals: Mapping[str, Source], texts: Mapping[str, str], places: list[Left]) -> None:
    """Find the source's piece in which each place lies that a stage listed."""
    for left in places:
        file = left.place.file
        if file not in originals:
            continue
        source = Source(file, texts[file])
        unit = unit_at(split(source), source, left.place.line)
        if unit is None:
            continue
        line = _line_in(originals[file], unit.name, texts[file].split("\n")[left.place.line - 1])
        result.refusals.setdefault(file, []).append(Refusal(unit.name, line, left.reason))


def _line_in(source: Source, name: str, text: str) -> int:
    """The line of the source that a line of a stage's text was; else the piece's first."""
    own = next((one for one in split(source) if one.name == name), None)
    if own is None:
        return 1
    first = source.text.count("\n", 0, own.start) + 1
    for number, line in enumerate(own.text.split("\n")):
        if line.strip() == text.strip():
            return first + number
    return own.node.lineno


def _refuse_sync_parts(kinds: Kinds, files: frozenset[str], result: Converted, originals: Mapping[str, Source]) -> None:
    """What tests take from the application and has no async form: its engine and sessions, what holds a session."""
    for module in kinds.project.modules:
        if module.file not in files:
            continue
        units = split(module.source)
        for node in module.source.nodes:
            reason = None
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                reason = _sync_global(kinds, module, node, files)
            elif isinstance(node, ast.Call):
                reason = _keeps_session(kinds, node, files)
            if reason is None or not isinstance(node, ast.expr):
                continue
            unit = unit_at(units, module.source, node.lineno)
            if unit is not None:
                line = _line_in(originals[module.file], unit.name, _line(module, node))
                result.refusals.setdefault(module.file, []).append(Refusal(unit.name, line, reason))


def _sync_global(kinds: Kinds, module: Module, node: ast.expr, files: frozenset[str]) -> str | None:
    target = kinds.names.resolve(module, node)
    if not isinstance(target, GlobalName) or target.module.file in files or not _is_sync(kinds, node):
        return None
    name = f"{target.module.name}.{target.name}"
    return f"`{name}` is sync: name its async counterpart in [tool.greenshift.mirror] names"


def _keeps_session(kinds: Kinds, call: ast.Call, files: frozenset[str]) -> str | None:
    """Why a call that hands a session to the application cannot be bridged: what it makes keeps the session."""
    given = [*call.args, *(one.value for one in call.keywords)]
    if not any(kinds.is_session(one) for one in given):
        return None
    for value in kinds.values(call.func):
        if isinstance(value, ClassValue) and value.cls.module.file not in (*files, FILE):
            return f"`{value.cls.name}` of the application keeps the session, and uses it as a sync one"
        if not isinstance(value, FunctionValue) or value.function.module.file in (*files, FILE):
            continue
        if value.function in kinds.generators:
            return f"`{value.function.name}` of the application goes on with the session, as with a sync one"
    return None


def _is_sync(kinds: Kinds, node: ast.expr) -> bool:
    return any(
        isinstance(value, Engine | SessionFactory | Session | Connection) and not value.is_async
        for value in kinds.values(node)
    )


def _line(module: Module, node: ast.expr) -> str:
    return module.source.text.split("\n")[node.lineno - 1]
