"""Where reading an attribute may send a statement that no loader option can send before.

Properties that query, dynamic relationships, deferred columns, and columns that the database computes: a route's
answer reads them while FastAPI fills its response model, any code may read them right where it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.loading.dynamic import dynamic_queries
from greenshift.shift.loading.lazy_columns import LazyColumns
from greenshift.shift.loading.members import Members
from greenshift.shift.loading.paths import instances_in
from greenshift.shift.loading.responses import answer_annotation, fillings
from greenshift.shift.loading.rows_of_tests import reads_of_test_rows
from greenshift.shift.loading.schemas import Schemas
from greenshift.shift.project import Class, Function, Module


@dataclass(frozen=True, slots=True)
class Asking:
    """An expression that may send a statement by reading attributes.

    Attributes:
        node: The expression.
        module: Where it stands.
        name: The attribute.
        answers: For what a route returns, the annotation of its response model.
        is_iterated: Whether a loop sends it, by running through it.
    """

    node: ast.expr
    module: Module
    name: str
    answers: ast.expr | None = None
    is_iterated: bool = False


def asking_reads(kinds: Kinds, sending: Collection[Function], writes: Callable[[object], bool]) -> Iterator[Asking]:
    """Yield the expressions that read what may have to be asked of the database.

    Args:
        kinds: The analysis of the project.
        sending: Functions that send statements, themselves or through what they call.
        writes: Whether a function flushes, itself or through what it calls.
    """
    columns = LazyColumns(kinds)
    for read in columns.reads(writes):
        yield Asking(read.node, read.module, read.name)
    for query in dynamic_queries(kinds):
        yield Asking(query.sent, query.module, query.name, is_iterated=query.is_iterated)
    for module, node, relationship in reads_of_test_rows(kinds, sending):
        yield Asking(node, module, relationship)
    schemas = Schemas(kinds, Members(kinds))
    reads = _Reads(kinds, schemas, columns, sending)
    for module in kinds.project.modules:
        for function in module.functions:
            annotation = answer_annotation(function)
            into = [] if annotation is None else schemas.in_annotation(module, annotation)
            for value in _returned(function) if into else ():
                name = reads.first(value, into, is_written=writes(function))
                if name is not None:
                    yield Asking(value, module, name, annotation)
    for filling in fillings(kinds, schemas):
        name = reads.first(filling.value, filling.into, is_written=writes(kinds.unit(filling.call)))
        if name is not None:
            yield Asking(filling.call, filling.module, name)


def _returned(function: Function) -> list[ast.expr]:
    return [node.value for node in own_nodes(function.node) if isinstance(node, ast.Return) and node.value is not None]


class _Reads:
    def __init__(self, kinds: Kinds, schemas: Schemas, columns: LazyColumns, sending: Collection[Function]) -> None:
        self._kinds = kinds
        self._schemas = schemas
        self._columns = columns
        self._sending = sending

    def first(self, value: ast.expr, into: list[Class], *, is_written: bool) -> str | None:
        """Return the first attribute that Pydantic reads of a value and that may have to be asked for."""
        classes = self._kinds.classes
        found = {one.cls for one, _ in instances_in(self._kinds.values(value)) if classes.is_model(one.cls)}
        read = {pair for cls in found for schema in into for pair in self._schemas.attributes(cls, schema)}
        for cls, name in sorted(read, key=lambda pair: (pair[0].qualified_name, pair[1])):
            column = self._columns.of(cls).get(name)
            if classes.method(cls, name) in self._sending or column == "deferred" or (column and is_written):
                return name
        return None
