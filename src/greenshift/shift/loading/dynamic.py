"""Dynamic relationships (``lazy="dynamic"``): reading one gives a query, which its last call sends."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.touches import QUERY_TERMINALS
from greenshift.shift.loading.reads import relationship_reads
from greenshift.shift.project import Module

CONSUMERS = {"list", "set", "tuple", "sorted", "frozenset"}


@dataclass(frozen=True, slots=True)
class DynamicQuery:
    """A query of a dynamic relationship, sent in the expression that begins it.

    Attributes:
        read: The expression that reads the relationship.
        module: Where it stands.
        name: The relationship.
        sent: The expression that sends the query.
        is_iterated: Whether a loop sends it, by running through it.
    """

    read: ast.AST
    module: Module
    name: str
    sent: ast.expr
    is_iterated: bool


def dynamic_queries(kinds: Kinds) -> Iterator[DynamicQuery]:
    """Yield the queries of dynamic relationships that are sent right where the relationship is read.

    Args:
        kinds: The analysis of the project.
    """
    for read in relationship_reads(kinds):
        relationships = [kinds.classes.relationships(one.cls)[read.name] for one in read.instances]
        if not isinstance(read.node, ast.Attribute) or not all(one.lazy == "dynamic" for one in relationships):
            continue
        query: ast.expr = read.node
        method = ""
        while True:
            parent = kinds.parents.get(query)
            if isinstance(parent, ast.Attribute):
                method = parent.attr
            elif not (isinstance(parent, ast.Call) and parent.func is query):
                break
            query = parent
            if isinstance(query, ast.Call) and method in QUERY_TERMINALS:
                break
        around = kinds.parents.get(query)
        sent: ast.expr | None = None
        if isinstance(query, ast.Call) and method in QUERY_TERMINALS:
            sent = query
        elif _consumes(around, query):
            sent = around
        is_iterated = isinstance(around, ast.For | ast.comprehension) and around.iter is query
        if sent is not None or is_iterated:
            yield DynamicQuery(read.node, read.module, read.name, sent or query, is_iterated and sent is None)


def _consumes(node: ast.AST | None, query: ast.expr) -> TypeGuard[ast.expr]:
    """Whether an expression takes an item of a query, or runs through it."""
    if isinstance(node, ast.Subscript):
        return node.value is query
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CONSUMERS
