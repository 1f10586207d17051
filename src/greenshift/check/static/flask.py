"""Flask-SQLAlchemy: the engine that an application's configuration describes.

https://flask-sqlalchemy.readthedocs.io/en/stable/config/
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from greenshift.check.facts.engine import Engine, Scope
from greenshift.check.facts.requirements import Requirements
from greenshift.check.facts.session_factory import SessionFactory
from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static import classes
from greenshift.check.static.bindings import dotted
from greenshift.check.static.dicts import as_dict, overlaid
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.exporting import exported
from greenshift.check.static.merging import union, unknown
from greenshift.check.static.objects import Arguments, ClassObject, DictObject
from greenshift.check.static.owners import name_of

_URI: Final = "SQLALCHEMY_DATABASE_URI"
_OPTIONS: Final = "SQLALCHEMY_ENGINE_OPTIONS"
# Read up to version 2; version 3 passes over them.
_OLD: Final[Mapping[str, str]] = {
    "SQLALCHEMY_POOL_SIZE": "pool_size",
    "SQLALCHEMY_POOL_TIMEOUT": "pool_timeout",
    "SQLALCHEMY_POOL_RECYCLE": "pool_recycle",
    "SQLALCHEMY_MAX_OVERFLOW": "max_overflow",
}


class FlaskSettings:
    """What a program's Flask configuration says of SQLAlchemy, wherever it is written.

    Args:
        evaluator: evaluates what is written.
        files: the files that have to do with SQLAlchemy.
        requirements: say which version of Flask-SQLAlchemy it is.
    """

    def __init__(self, evaluator: Evaluator, files: Sequence[SourceFile], requirements: Requirements) -> None:
        self._evaluator = evaluator
        self._files = [file for file in files if not file.is_test and "SQLALCHEMY_" in file.text]
        self._chosen = self._from_objects(files)
        self._is_old = requirements.has("flask-sqlalchemy") and not requirements.allows("flask-sqlalchemy", "3.1")

    def value(self, key: str) -> Value | None:
        """Return what a key of the configuration is; None if nothing sets it.

        Args:
            key: such as ``SQLALCHEMY_DATABASE_URI``.
        """
        found: list[Value] = []
        for file in self._files:
            for node in self._written(file, key):
                found.append(self._evaluator.value(file, node))
        for cls in self._chosen:
            owners = classes.lineage(self._evaluator, cls)
            if any(classes.in_body(self._evaluator, owner, key) is not None for owner in owners):
                found.append(classes.class_attribute(self._evaluator, cls, key))
        return union(found) if found else None

    def arguments(self) -> DictObject:
        """Return the engine's arguments by ``create_engine``'s names."""
        given = DictObject({})
        echo = self.value("SQLALCHEMY_ECHO")
        if echo is not None:
            given = overlaid(given, DictObject({"echo": echo}))
        if self._is_old:
            for key, name in _OLD.items():
                value = self.value(key)
                if value is not None:
                    given = overlaid(given, DictObject({name: value}))
        options = self.value(_OPTIONS)
        return given if options is None else overlaid(given, as_dict(options))

    def _written(self, file: SourceFile, key: str) -> Iterator[ast.expr]:
        """Yield what is written for a key: an item, a keyword, a dict's entry, a name outside of chosen classes."""
        if key not in file.text:
            return
        for assign in file.nodes(ast.Assign):
            for target in assign.targets:
                if (isinstance(target, ast.Subscript) and _is_key(target.slice, key)) or (
                    isinstance(target, ast.Name) and target.id == key and self._counts(file, assign)
                ):
                    yield assign.value
        for annotated in file.nodes(ast.AnnAssign):
            if dotted(annotated.target) == key and annotated.value is not None and self._counts(file, annotated):
                yield annotated.value
        for call in file.nodes(ast.Call):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if method in ("update", "from_mapping"):
                yield from (keyword.value for keyword in call.keywords if keyword.arg == key)
            elif method == "setdefault" and len(call.args) == 2 and _is_key(call.args[0], key):
                yield call.args[1]
        for written in file.nodes(ast.Dict):
            for name, value in zip(written.keys, written.values, strict=True):
                if name is not None and _is_key(name, key):
                    yield value

    def _counts(self, file: SourceFile, statement: ast.stmt) -> bool:
        above = file.parent(statement)
        return not (isinstance(above, ast.ClassDef) and self._chosen)

    def _from_objects(self, files: Sequence[SourceFile]) -> list[ClassObject]:
        """The classes that ``app.config.from_object(...)`` is given."""
        found: list[ClassObject] = []
        for file in files:
            if file.is_test or "from_object" not in file.text:
                continue
            for call in file.nodes(ast.Call):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "from_object" and call.args:
                    for option in self._evaluator.value(file, call.args[0]).options:
                        cls = self._class(option.value)
                        if cls is not None:
                            found.append(cls)
        return found

    def _class(self, item: Any) -> ClassObject | None:
        if isinstance(item, str) and "." in item:
            module, _, name = item.replace(":", ".").rpartition(".")
            location = self._evaluator.project.modules.locate(module, "")
            file = self._evaluator.project.module_file(location) if location is not None else None
            found = self._evaluator.attribute_of_module(file, name) if file is not None else None
            item = found.known if found is not None else None
        return item if isinstance(item, ClassObject) else getattr(item, "of", None)


def _is_key(node: ast.expr, key: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == key


def flask_engine(
    file: SourceFile,
    call: ast.Call,
    given: Arguments,
    settings: FlaskSettings,
    url_of: Callable[[Value], Value],
    service: str,
) -> Engine:
    """Return the engine of ``SQLAlchemy(app, engine_options=...)``.

    Args:
        file: where the call is.
        call: the call.
        given: its arguments.
        settings: the application's configuration.
        url_of: makes a URL of a value, as rules see it.
        service: the service that it belongs to.
    """
    options = given.keywords.get("engine_options")
    arguments = overlaid(as_dict(options) if options is not None else DictObject({}), settings.arguments())
    uri = settings.value(_URI)
    engine = Engine(
        kind="sync",
        name=name_of(file, call, "db"),
        made_by="SQLAlchemy",
        place=file.place(call),
        scope=Scope.TEST if file.is_test else Scope.CACHED,
        url=url_of(uri if uri is not None else unknown("the application's configuration says it")),
        arguments={name: exported(value) for name, value in arguments.entries.items()},
        open_arguments=arguments.open or given.open_keywords,
        service=service,
    )
    if engine.is_memory and "poolclass" not in engine.arguments:
        # https://flask-sqlalchemy.readthedocs.io/en/stable/config/#engine-configuration-defaults
        pool = Value.of(Symbol("sqlalchemy.pool.StaticPool"))
        return dataclasses.replace(engine, arguments={**engine.arguments, "poolclass": pool})
    return engine


def flask_session(engine: Engine, given: Arguments) -> SessionFactory:
    """Return the scoped session of ``SQLAlchemy(...)``.

    Args:
        engine: its engine.
        given: the arguments of ``SQLAlchemy``.
    """
    options = given.keywords.get("session_options")
    entries = as_dict(options) if options is not None else DictObject({})
    return SessionFactory(
        kind="sync",
        name=f"{engine.name}.session",
        made_by="SQLAlchemy",
        place=engine.place,
        scope=engine.scope,
        engine=engine,
        arguments={name: exported(value) for name, value in entries.entries.items()},
        open_arguments=entries.open or given.open_keywords,
        service=engine.service,
    )
