"""What has been called on a query before it arrives somewhere: in an expression, through variables and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Query
from greenshift.shift.project import Function
from greenshift.shift.rewrite.modernize.group import Group


class History:
    """The methods that may have been called on a query so far.

    Args:
        group: The group of queries.
    """

    def __init__(self, group: Group) -> None:
        self._group = group
        self._kinds = group.context.kinds
        self._seen: set[ast.AST] = set()
        self._found: set[str] = set()

    def methods(self, node: ast.expr) -> set[str]:
        """Return the names of all methods that may have been called on what an expression gives.

        Where it comes from in ways that cannot be followed, these are all that the group knows.

        Args:
            node: The expression.
        """
        self._seen, self._found = set(), set()
        return self._found if self._follow(node) else set(self._group.names)

    def _follow(self, node: ast.expr) -> bool:
        """Collect what was called; False if it is not known."""
        if node in self._seen or node in self._group.site_set:
            return True
        self._seen.add(node)
        if isinstance(node, ast.IfExp):
            return self._follow(node.body) and self._follow(node.orelse)
        if isinstance(node, ast.NamedExpr):
            return self._follow(node.value)
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute) and self._kinds.is_a(function.value, Query):
                self._found.add(function.attr)
                return all(self._follow(one) for one in (function.value, *self._queries(node)))
            return self._returned(node)
        if isinstance(node, ast.Attribute):
            return self._returned(node)
        return isinstance(node, ast.Name) and self._named(node)

    def _queries(self, call: ast.Call) -> Iterator[ast.expr]:
        return (argument for argument in call.args if self._kinds.is_a(argument, Query))

    def _returned(self, node: ast.expr) -> bool:
        targets = self._kinds.targets(node)
        return bool(targets) and all(
            self._follow(one.value)
            for target in targets
            for one in own_nodes(target.node)
            if isinstance(one, ast.Return) and one.value is not None
        )

    def _named(self, node: ast.Name) -> bool:
        unit = self._kinds.unit(node)
        if not isinstance(unit, Function):
            return False
        bound = False
        for one in own_nodes(unit.node):
            if isinstance(one, ast.Name) and one.id == node.id and isinstance(one.ctx, ast.Store):
                parent = self._kinds.parents.get(one)
                value = parent.value if isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr) else None
                if value is None or not self._follow(value):
                    return False
                bound = True
        if any(parameter.name == node.id for parameter in unit.parameters):
            return self._given(unit, node.id)
        return bound

    def _given(self, function: Function, name: str) -> bool:
        """What the callers of a function give to it as a parameter."""
        names = [parameter.name for parameter in function.parameters]
        for call in self._kinds.invoked_at.get(function, ()):
            if not isinstance(call, ast.Call) or any(isinstance(one, ast.Starred) for one in call.args):
                return False
            given = [keyword.value for keyword in call.keywords if keyword.arg == name]
            # A method called on an instance has one parameter more in front.
            position = names.index(name)
            given += [one for one in call.args[max(position - 1, 0) : position + 1] if self._kinds.is_a(one, Query)]
            if not all(self._follow(one) for one in given):
                return False
        return True
