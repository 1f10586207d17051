"""What asked for a statement: the ORM's select, a lazy load of a relationship, a flush, Core, DDL..."""

from __future__ import annotations

from types import FrameType
from typing import Any, Final, Literal, NamedTuple

import sqlalchemy.orm.attributes
from sqlalchemy import (
    Alias,
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ColumnClause,
    Select,
    Subquery,
    TextClause,
    UpdateBase,
    inspect,
)
from sqlalchemy.engine import Compiled
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Mapper, ORMExecuteState, QueryableAttribute, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import DDLCompiler

from greenshift.trace.call_site import find_user_frame, is_user_file
from greenshift.trace.instances import Chain, LoadedBy, option_among, state_chain, state_source

OriginKind = Literal[
    "select",
    "insert",
    "update",
    "delete",
    "lazy load",
    "eager load",
    "refresh",
    "expired",
    "deferred",
    "flush",
    "bulk",
    "core",
    "text",
    "driver",
    "default",
    "ddl",
]
"""Why a statement was sent: one of these words."""

# The execution option that carries an ORM statement's origin to the cursor events.
OPTION: Final = "greenshift_origin"

_ATTRIBUTES_FILE: Final = sqlalchemy.orm.attributes.__file__


class Origin(NamedTuple):
    """What asked for a statement.

    Attributes:
        kind: ``select``, ``insert``, ``update``, ``delete``: of a mapped class, written by the user;
            ``lazy load``, ``eager load`` (selectin, subquery): of a relationship;
            ``refresh``: ``Session.refresh``; ``expired``, ``deferred``: reading such an attribute;
            ``flush``, ``bulk``: the unit of work, ``Session.bulk_*``;
            ``core``, ``text``: an expression or ``text()`` without the ORM; ``driver``: ``exec_driver_sql``;
            ``default``: a default or sequence executed before an INSERT; ``ddl``.
        detail: ``Model.attribute`` for loads, the model for ORM statements, the table for a flush; or None.
        parent: for lazy loads and attribute loads, a number that tells instances apart; never a key's value.
        source: for lazy loads and attribute loads, the SELECT that loaded the instance, while
            ``instances.follow()`` is on; for eager loads, the SELECT that they complete.
        chain: for lazy loads and attribute loads with a source, the relationships that lead from its entity to
            the instance (``instances.chain_of``).
        by_key: for a ``select``, whether it asks for one instance by its primary key and for nothing else, as
            ``Session.get`` does.
    """

    kind: OriginKind
    detail: str | None = None
    parent: int | None = None
    source: LoadedBy | None = None
    chain: Chain = ()
    by_key: bool = False

    def __str__(self) -> str:
        return self.kind if self.detail is None else f"{self.kind} of {self.detail}"


CORE: Final = Origin("core")
_TEXT: Final = Origin("text")
DRIVER: Final = Origin("driver")
DEFAULT: Final = Origin("default")
_DDL: Final = Origin("ddl")


def _identity(state: Any) -> int | None:
    key = state.identity_key
    return None if key is None else hash(key)


def _model(state: ORMExecuteState) -> str | None:
    mapper = state.bind_mapper
    return None if mapper is None else mapper.class_.__name__


def _relationship_load(state: ORMExecuteState, path: Any) -> Origin:
    relationship = next((one for one in reversed(path.path) if isinstance(one, RelationshipProperty)), None)
    detail = None if relationship is None else f"{relationship.parent.class_.__name__}.{relationship.key}"
    instance = state.lazy_loaded_from
    if instance is None:
        return Origin("eager load", detail, source=option_among(state.user_defined_options))
    source = state_source(instance)
    chain = () if source is None else state_chain(instance)
    return Origin("lazy load", detail, _identity(instance), source, chain)


def read_attribute(frame: FrameType | None) -> tuple[QueryableAttribute[Any], Any] | None:
    """Return the mapped attribute being read and its instance, from the frame of ``InstrumentedAttribute.__get__``.

    Args:
        frame: the innermost frame.
    """
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        if frame.f_code.co_name == "__get__" and frame.f_code.co_filename == _ATTRIBUTES_FILE:
            attribute, instance = frame.f_locals.get("self"), frame.f_locals.get("instance")
            if isinstance(attribute, QueryableAttribute) and instance is not None:
                return attribute, instance
        frame = frame.f_back
    return None


def _column_load(state: ORMExecuteState, frame: FrameType | None) -> Origin:
    _, mark = find_user_frame(frame)
    if mark == "refresh" or mark == "flush":
        return Origin("refresh" if mark == "refresh" else "flush", _model(state))
    read = read_attribute(frame)
    return Origin("expired", _model(state)) if read is None else _read_origin(*read, is_relationship=False)


def _read_origin(attribute: QueryableAttribute[Any], instance: Any, *, is_relationship: bool) -> Origin:
    state = inspect(instance)
    is_column = attribute.key in state.mapper.column_attrs
    is_expired = state.expired or attribute.key in state.expired_attributes
    kind: OriginKind = "lazy load" if is_relationship else "deferred" if is_column and not is_expired else "expired"
    owner = attribute.property.parent.class_ if is_relationship else type(instance)
    source = state_source(state)
    chain = () if source is None else state_chain(state)
    return Origin(kind, f"{owner.__name__}.{attribute.key}", _identity(state), source, chain)


def attribute_origin(frame: FrameType | None) -> Origin | None:
    """Return the origin of a statement that reading an attribute caused, by the stack alone, or None.

    Args:
        frame: the innermost frame.
    """
    read = read_attribute(frame)
    if read is None:
        return None
    attribute, instance = read
    state = inspect(instance)
    # An expired instance is loaded anew before its relationship is.
    is_relationship = attribute.key in state.mapper.relationships and not state.expired
    return _read_origin(attribute, instance, is_relationship=is_relationship)


def orm_origin(state: ORMExecuteState, frame: FrameType | None) -> Origin | None:
    """Return the origin of a statement that a Session executes, or None where its text says it all.

    Args:
        state: what ``do_orm_execute`` is given.
        frame: the innermost frame.
    """
    if not state.is_orm_statement:
        return None
    if state.is_select:
        path = state.loader_strategy_path
        if state.is_column_load:
            return _column_load(state, frame)
        return None if path is None or path.is_root else _relationship_load(state, path)
    if state.is_insert:
        return Origin("insert", _model(state))
    if state.is_update:
        return Origin("update", _model(state))
    if state.is_delete:
        return Origin("delete", _model(state))
    return Origin("select", _model(state))


def _selected_model(statement: Any) -> str | None:
    """Return the mapped class that a select is about: of its columns, or else of what it selects from."""
    for described in getattr(statement, "column_descriptions", ()):
        entity = inspect(described.get("entity"), raiseerr=False)
        if entity is not None:
            return str(entity.mapper.class_.__name__)
    for source in statement.get_final_froms() if isinstance(statement, Select) else ():
        inner: Any = source
        while isinstance(inner, Alias | Subquery):
            inner = inner.element
        if isinstance(inner, Select):
            model = _selected_model(inner)
        else:
            entity = inspect(source.entity_namespace, raiseerr=False)
            model = entity.class_.__name__ if isinstance(entity, Mapper) else None
        if model is not None:
            return model
    return None


def compiled_origin(compiled: Compiled) -> Origin:
    """Return the origin of a compiled statement that nothing else explains: it depends on its text alone.

    Args:
        compiled: SQLAlchemy's compiled statement, which it keeps in its cache.
    """
    if isinstance(compiled, DDLCompiler):
        return _DDL
    statement = compiled.statement
    if isinstance(statement, TextClause):
        return _TEXT
    if isinstance(statement, UpdateBase):
        entity = statement.entity_description.get("entity")
        if entity is None:
            return CORE
        kind: OriginKind = "insert" if statement.is_insert else "update" if statement.is_update else "delete"
        return Origin(kind, inspect(entity).mapper.class_.__name__)
    model = _selected_model(statement)
    return CORE if model is None else Origin("select", model, by_key=_is_by_key(statement))


def _is_by_key(statement: Any) -> bool:
    if not isinstance(statement, Select) or len(statement.column_descriptions) != 1:
        return False
    described = statement.column_descriptions[0]
    mapper = inspect(described.get("entity"), raiseerr=False)
    if not isinstance(mapper, Mapper) or described["expr"] is not described["entity"]:
        return False
    where = statement.whereclause
    # first() limits what is one row already.
    if where is None or statement._offset_clause is not None or statement._for_update_arg is not None:
        return False
    joined = isinstance(where, BooleanClauseList) and where.operator is operators.and_
    asked = list(where.clauses) if isinstance(where, BooleanClauseList) and joined else [where]
    named = [_equal_property(mapper, condition) for condition in asked]
    keys = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
    return len(named) == len(keys) and set(named) == keys


def _equal_property(mapper: Mapper[Any], condition: Any) -> str | None:
    """Return the name of the attribute that a condition holds to be equal to a parameter."""
    if not isinstance(condition, BinaryExpression) or condition.operator is not operators.eq:
        return None
    if not isinstance(condition.left, ColumnClause) or not isinstance(condition.right, BindParameter):
        return None
    try:
        return mapper.get_property_by_column(condition.left).key
    except UnmappedColumnError:
        return None


def unit_of_work_origin(context: ExecutionContext, mark: str) -> Origin:
    """Return the origin of a Core statement that a flush, a bulk operation or a refresh sends.

    Args:
        context: SQLAlchemy's execution context.
        mark: the ORM operation on the stack (``call_site.find_user_frame``).
    """
    table = getattr(context.invoked_statement, "table", None)
    kind: OriginKind = "flush" if mark == "flush" else "bulk" if mark == "bulk" else "refresh"
    return Origin(kind, getattr(table, "name", None))
