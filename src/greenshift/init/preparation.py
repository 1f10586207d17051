"""What only starts a server, makes a database or joins a session to a transaction: none of it is needed any more."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final

from greenshift.shift.kinds.values import Session
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.fixture_roles import (
    DATABASE,
    gives_session,
    is_overrides,
    is_variable_of_environment,
)

# The fixtures of pytest-postgresql, as it registers them itself.
_POSTGRESQL: Final = frozenset({"postgresql", "postgresql_proc", "postgresql_noproc"})
_SERVERS: Final = re.compile(
    r"(testcontainers\.(postgres|core)\b.*|pytest_postgresql\b.*(factories\.\w+|DatabaseJanitor|\.postgresql\w*))$"
)
_MIGRATIONS: Final = ("alembic.command.", "alembic.config.Config")
_DATABASES: Final = re.compile(r"sqlalchemy_utils\b.*\.(create_database|drop_database|database_exists)$")
_URLS: Final = re.compile(r"sqlalchemy\b.*\.(make_url|URL\.create|URL)$")
_LISTENERS: Final = re.compile(r"sqlalchemy\b.*\.(listens_for|listen|remove)$")
_SQL: Final = re.compile(
    r"^\s*(truncate|drop|create\s+(database|schema|extension)|delete\s+from|set\s+session)\b", re.IGNORECASE
)
_CONVERSIONS: Final = frozenset({"str", "int"})


class Preparation:
    """Recognises what only prepares a database.

    Args:
        context: the context.
        modules: the tests' modules.
        fixtures: their fixtures.
        variables: the variables that carry the test database's URL.
    """

    def __init__(
        self, context: Context, modules: Iterable[Module], fixtures: Iterable[Function], variables: frozenset[str]
    ) -> None:
        self.context = context
        self.kinds = context.kinds
        self.variables = variables
        self.module_of = {id(node): module for module in modules for node in module.source.nodes}
        self.names: dict[int, set[str]] = {}
        self.globals: dict[Module, set[str]] = {}
        self.fixtures: set[Function] = set()
        modules, fixtures = list(modules), list(fixtures)
        for module in modules:
            self.globals[module] = self._assigned(module, module.source.tree.body)
        for _ in range(3):  # a fixture may ask for one that asks for a server
            for fixture in fixtures:
                if fixture not in self.fixtures and self._gives_server(fixture):
                    self.fixtures.add(fixture)

    def only_prepares(self, node: ast.AST) -> bool:
        """Return whether a statement or call starts a server, makes a database, or is about its URL.

        Args:
            node: the statement or call.
        """
        module = self.module_of.get(id(node))
        if module is None:
            return False
        if isinstance(node, ast.Call):
            return self._call(module, node)
        if (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and is_variable_of_environment(node.targets[0], self.variables)
        ):
            return True
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            return self._is_server(module, node.value)
        if isinstance(node, ast.Delete):
            return all(
                isinstance(one, ast.Subscript) and is_overrides(one.value) and gives_session(self.context, one.slice)
                for one in node.targets
            )
        if isinstance(node, ast.FunctionDef):
            return any(
                isinstance(one, ast.Call) and _LISTENERS.search(self._library(module, one.func))
                for one in node.decorator_list
            )
        if isinstance(node, ast.If):
            # ``if database_exists(url): drop_database(url)``
            calls = [one for one in walk(node) if isinstance(one, ast.Call)]
            return bool(calls) and all(self._call(module, one) for one in calls)
        return False

    def _call(self, module: Module, node: ast.Call) -> bool:
        name = self._library(module, node.func)
        if _SERVERS.search(name) or name.startswith(_MIGRATIONS) or _DATABASES.search(name):
            return True
        if _URLS.search(name) or _LISTENERS.search(name):
            return True
        if isinstance(node.func, ast.Name) and node.func.id == "next" and self.kinds.is_a(node, Session):
            return True  # ``next(override_get_db())``
        if isinstance(node.func, ast.Name) and node.func.id in _CONVERSIONS and node.args:
            return self._is_foreign(module, node.args[0])
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in ("execute", "exec_driver_sql") and node.args:
                return self.kinds.is_a(node.func.value, *DATABASE) and self._is_sql(node.args[0])
            if node.func.attr == "addfinalizer" and node.args:
                return self._is_foreign(module, node.args[0])
            if node.func.attr in ("set_main_option", "setdefault", "setenv"):
                return self._sets(module, node)
        return self._is_foreign(module, node.func)

    def _sets(self, module: Module, node: ast.Call) -> bool:
        """Whether a call sets a variable that carries the URL, or an option of Alembic's."""
        function = node.func
        assert isinstance(function, ast.Attribute)
        if function.attr == "set_main_option":
            return bool(node.args) and isinstance(node.args[0], ast.Constant)
        first = node.args[0] if node.args else None
        return isinstance(first, ast.Constant) and first.value in self.variables

    def _is_sql(self, node: ast.expr) -> bool:
        texts = [one.value for one in walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return bool(texts) and _SQL.match(texts[0]) is not None

    def _is_server(self, module: Module, node: ast.Call) -> bool:
        return _SERVERS.search(self._library(module, node.func)) is not None

    def _is_foreign(self, module: Module, node: ast.AST) -> bool:
        """Whether an expression begins with a server, or what a server gave."""
        while isinstance(node, ast.Attribute | ast.Call | ast.Subscript | ast.Await):
            if isinstance(node, ast.Call) and self._is_server(module, node):
                return True
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id in self._known(module, node)

    def _known(self, module: Module, node: ast.AST) -> set[str]:
        """The names of servers, and of what they gave, where a node stands."""
        function = self._around(node)
        if function is None:
            return self.globals.get(module, set())
        if id(function) not in self.names:
            self.names[id(function)] = self._names_in(module, function)
        return self.names[id(function)]

    def _around(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        found, current = None, self.kinds.parents.get(node)
        while current is not None:
            if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
                found = current
            current = self.kinds.parents.get(current)
        return found

    def _names_in(self, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
        found = set(self.globals.get(module, set()))
        owner = next((one for one in module.functions if one.node is function), None)
        for argument in function.args.args:
            asked = self.kinds.fixtures.fixture(argument.arg, owner) if owner is not None else None
            is_plugins = argument.arg in _POSTGRESQL or argument.arg.startswith("sqla_")
            if asked in self.fixtures or (asked is None and is_plugins):
                found.add(argument.arg)
        self.names[id(function)] = found
        found |= self._assigned(module, function.body)
        return found

    def _assigned(self, module: Module, body: list[ast.stmt]) -> set[str]:
        found = set[str]()
        for statement in body:
            for node in walk(statement):
                if isinstance(node, ast.Assign) and self._begins(module, node.value, found):
                    found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
                if isinstance(node, ast.With | ast.AsyncWith):
                    for item in node.items:
                        if isinstance(item.optional_vars, ast.Name) and self._begins(module, item.context_expr, found):
                            found.add(item.optional_vars.id)
        return found

    def _begins(self, module: Module, node: ast.expr, found: set[str]) -> bool:
        if isinstance(node, ast.Call) and self._is_server(module, node):
            return True
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            return self._root(node) in found and not self.kinds.is_a(node, *DATABASE)
        if isinstance(node, ast.JoinedStr):
            return any(isinstance(one, ast.Name) and one.id in found for one in walk(node))
        return isinstance(node, ast.Name) and node.id in found

    @staticmethod
    def _root(node: ast.AST) -> str:
        while isinstance(node, ast.Attribute | ast.Call | ast.Subscript | ast.Await):
            node = node.func if isinstance(node, ast.Call) else node.value
        return node.id if isinstance(node, ast.Name) else ""

    def _library(self, module: Module, node: ast.expr) -> str:
        return self.kinds.library_name(module, node) or ""

    def _gives_server(self, fixture: Function) -> bool:
        """Whether a fixture gives a server, or a text that comes from one."""
        node = fixture.node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        self.names.pop(id(node), None)
        values = [one.value for one in walk(node) if isinstance(one, ast.Yield | ast.Return) and one.value is not None]
        if not values:
            return False
        known = self._names_in(fixture.module, node)
        return all(
            not self.kinds.is_a(value, *DATABASE)
            and (self._begins(fixture.module, value, known) or self._is_foreign(fixture.module, value))
            for value in values
        )
