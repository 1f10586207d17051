"""Routes whose response model reads what may have to be asked of the database: they fill it themselves.

FastAPI fills a response model after the route has returned, where nothing can be awaited any more.
"""

from __future__ import annotations

import ast

from greenshift.shift.loading.members import Members
from greenshift.shift.loading.schemas import Schemas
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context


def fill_answers(context: Context) -> None:
    """Fill response models inside SQLAlchemy's greenlet, where reading an attribute may load it.

    Args:
        context: The flip's context, with its colours.
    """
    colours = context.colours
    assert colours is not None
    schemas = Schemas(context.kinds, Members(context.kinds))
    for answer in colours.answers:
        unit = context.kinds.unit(answer.node)
        annotation = answer.answers
        if not isinstance(unit, Function) or annotation is None or not colours.is_async(unit):
            continue
        validation = _validation(context, schemas, answer.module, annotation)
        if validation is None or context.options.bridge == "none":
            context.leave(
                answer.module, answer.node, "barrier", f"to be done by hand: the answer reads `{answer.name}`"
            )
            continue
        validate, named = validation
        spawn = context.imports(answer.module).need("sqlalchemy.util", "greenlet_spawn")
        context.edits(answer.module).wrap(answer.node, f"await {spawn}({validate}, ", f"{named})")
        context.leave(
            answer.module, answer.node, "bridged", f"the answer is filled inside run_sync: it reads `{answer.name}`"
        )


def _validation(context: Context, schemas: Schemas, module: Module, annotation: ast.expr) -> tuple[str, str] | None:
    """The function that fills the model, and the argument that it needs besides the value; None if there is no one."""
    classes = context.kinds.classes
    text = module.source.segment(annotation)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        text, annotation = annotation.value, ast.parse(annotation.value, mode="eval").body
    named = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    target = context.kinds.names.resolve(module, named) if isinstance(named, ast.Name | ast.Attribute) else None
    if isinstance(target, Class) and schemas.is_schema(target):
        if any(_is_of_version_one(one) for one in classes.line(target)):
            return f"{text}.from_orm", ""
        reads = any(_reads_attributes(one) for one in classes.line(target))
        return f"{text}.model_validate", "" if reads else ", from_attributes=True"
    if any(_is_of_version_one(one) for own in schemas.in_annotation(module, annotation) for one in classes.line(own)):
        return None
    adapter = context.imports(module).need("pydantic", "TypeAdapter")
    return f"{adapter}({text}).validate_python", ", from_attributes=True"


def _is_of_version_one(cls: Class) -> bool:
    """Whether a Pydantic model is configured in the way of version 1: ``class Config: orm_mode = True``."""
    inner = [one for one in cls.node.body if isinstance(one, ast.ClassDef) and one.name == "Config"]
    return any(isinstance(node, ast.Name) and node.id == "orm_mode" for one in inner for node in walk(one))


def _reads_attributes(cls: Class) -> bool:
    """Whether a Pydantic model's own configuration lets it read attributes."""
    _, value = cls.assignments.get("model_config", (None, None))
    if value is None:
        return False
    for node in walk(value):
        if isinstance(node, ast.keyword) and node.arg == "from_attributes":
            return isinstance(node.value, ast.Constant) and node.value.value is True
        if isinstance(node, ast.Dict):
            for key, given in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "from_attributes":
                    return isinstance(given, ast.Constant) and given.value is True
    return False
