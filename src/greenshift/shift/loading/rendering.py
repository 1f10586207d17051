"""Where instances are handed to Jinja templates, which read relationships of them while they are rendered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Instance
from greenshift.shift.loading.members import Members
from greenshift.shift.loading.paths import instances_in, sited
from greenshift.shift.loading.responses import Handover
from greenshift.shift.loading.template_reads import Bound, TemplateReader, Templates
from greenshift.shift.project import Function, Module

RENDERING_METHODS = {"render", "render_async", "generate", "generate_async"}


@dataclass(frozen=True, slots=True)
class Rendering:
    """A call that renders a template.

    Attributes:
        call: The call.
        module: Where it stands.
        name: The expression that names the template.
        context: Names in the template, with what they are; ``**`` stands for a mapping whose keys are not known.
    """

    call: ast.Call
    module: Module
    name: ast.expr
    context: tuple[tuple[str, ast.expr], ...]


@dataclass
class Rendered:
    """What is rendered by templates.

    Attributes:
        handovers: Instances, with what a template reads of them.
        unseen: Calls that are given instances, and render what cannot be read; with the reason.
    """

    handovers: list[Handover] = field(default_factory=list)
    unseen: list[tuple[Module, ast.Call, str]] = field(default_factory=list)


def rendered_instances(kinds: Kinds, members: Members) -> Rendered:
    """Return what templates read of the instances in their contexts.

    Args:
        kinds: The analysis of the project.
        members: What properties read.
    """
    found = Rendered()
    templates = Templates(kinds.project.templates)
    reader = TemplateReader(templates, kinds.classes, members)
    for rendering in renderings(kinds):
        given = _given(kinds, rendering)
        if not any(kinds.classes.relationships(instance.cls) for _, instance, _ in given):
            continue
        name = rendering.name
        text = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
        file = None if text is None else templates.file(text, rendering.module.file)
        if file is None:
            what = "which template is rendered is not known" if text is None else f"there is no template {text}"
            found.unseen.append((rendering.module, rendering.call, what))
            continue
        bound: dict[str, frozenset[Bound]] = {}
        for index, (key, instance, _) in enumerate(given):
            bound[key] = bound.get(key, frozenset()) | {Bound(index, instance.cls)}
        reading = reader.read(file, bound, bound.pop("**", frozenset()))
        for index, paths in sorted(reading.paths.items()):
            _, instance, value = given[index]
            found.handovers.append(Handover(instance, frozenset(paths), rendering.module, value))
        for unknown in sorted(reading.unknown):
            found.unseen.append((rendering.module, rendering.call, f"the template {unknown} cannot be read"))
    return found


def _given(kinds: Kinds, rendering: Rendering) -> list[tuple[str, Instance, ast.expr]]:
    return [
        (key, instance, value)
        for key, value in rendering.context
        for instance in sited(one for one, _ in instances_in(kinds.values(value)))
        if kinds.classes.is_model(instance.cls)
    ]


def renderings(kinds: Kinds) -> Iterator[Rendering]:
    """Yield the calls that render a template: ``TemplateResponse``, ``render_template``, ``get_template().render``.

    Args:
        kinds: The analysis of the project.
    """
    for module in kinds.project.modules:
        for call in kinds.calls(module):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if method == "TemplateResponse":
                yield from _response(kinds, module, call)
            elif method == "render_template" and call.args:
                yield Rendering(call, module, call.args[0], _keywords(call))
            elif method in RENDERING_METHODS and isinstance(call.func, ast.Attribute):
                name = _got(kinds, call.func.value)
                if name is not None:
                    mappings = [pair for one in call.args for pair in _entries(kinds, one)]
                    yield Rendering(call, module, name, (*mappings, *_keywords(call)))


def _response(kinds: Kinds, module: Module, call: ast.Call) -> Iterator[Rendering]:
    """Starlette's ``TemplateResponse(request, name, context)``, and ``(name, context)`` as it was before 0.29."""
    keywords = {one.arg: one.value for one in call.keywords}
    arguments = list(call.args)
    if arguments and not (isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str)):
        arguments.pop(0)
    name = keywords.get("name") or (arguments.pop(0) if arguments else None)
    context = keywords.get("context") or (arguments.pop(0) if arguments else None)
    if name is not None and context is not None:
        yield Rendering(call, module, name, tuple(_entries(kinds, context)))


def _keywords(call: ast.Call) -> tuple[tuple[str, ast.expr], ...]:
    return tuple((one.arg or "**", one.value) for one in call.keywords)


def _entries(kinds: Kinds, node: ast.expr) -> list[tuple[str, ast.expr]]:
    """The names and values of a mapping, followed to where a local name was bound."""
    if isinstance(node, ast.Dict):
        found: list[tuple[str, ast.expr]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found += _entries(kinds, value)
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.append((key.value, value))
        return found
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return [pair for one in node.args for pair in _entries(kinds, one)] + list(_keywords(node))
    if isinstance(node, ast.Name):
        bound = _bound(kinds, node)
        if bound:
            return [pair for one in bound for pair in _entries(kinds, one)] + _set_later(kinds, node)
    return [("**", node)]


def _bound(kinds: Kinds, name: ast.Name) -> list[ast.expr]:
    """What a local name is bound to, if all of it can be read."""
    unit = kinds.unit(name)
    if not isinstance(unit, Function):
        return []
    return [
        one.value
        for one in own_nodes(unit.node)
        if isinstance(one, ast.Assign | ast.AnnAssign)
        and one.value is not None
        and isinstance(one.value, ast.Dict | ast.Call)
        and any(
            isinstance(target, ast.Name) and target.id == name.id
            for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        )
    ]


def _set_later(kinds: Kinds, name: ast.Name) -> list[tuple[str, ast.expr]]:
    """``context["post"] = post``."""
    unit = kinds.unit(name)
    found: list[tuple[str, ast.expr]] = []
    for one in own_nodes(unit.node) if isinstance(unit, Function) else ():
        if not isinstance(one, ast.Assign):
            continue
        for target in one.targets:
            if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
                continue
            key = target.slice
            if target.value.id == name.id and isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.append((key.value, one.value))
    return found


def _got(kinds: Kinds, receiver: ast.expr) -> ast.expr | None:
    """The name that ``get_template`` was given, of the call or of a local name that is bound to it."""
    calls = _bound(kinds, receiver) if isinstance(receiver, ast.Name) else [receiver]
    for call in calls:
        named = call.func if isinstance(call, ast.Call) else None
        if (
            isinstance(named, ast.Attribute)
            and named.attr == "get_template"
            and isinstance(call, ast.Call)
            and call.args
        ):
            return call.args[0]
    return None
