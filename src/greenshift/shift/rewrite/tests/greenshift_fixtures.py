"""The tests' own sessions, engines and clients become Greenshift's: ``--tests greenshift``, after the flip."""

from __future__ import annotations

import ast
from collections.abc import Collection

from greenshift.shift.kinds.names import GlobalName
from greenshift.shift.kinds.values import ExternalInstance
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import statement_begin, top_statement
from greenshift.shift.rewrite.tests.fixture_roles import (
    DATABASE,
    WORDS,
    FixtureRole,
    fixture_role,
    is_variable_of_environment,
    session_override,
)
from greenshift.shift.rewrite.tests.fixture_texts import GIVEN, KIND, FixtureTexts

APPLICATIONS = {"fastapi.FastAPI", "starlette.applications.Starlette", "fastapi.applications.FastAPI"}


def use_greenshift_fixtures(context: Context, variables: Collection[str] = ()) -> None:
    """Put the application's tests on Greenshift's fixtures, all that reach a database of their own or none.

    Args:
        context: The context of what the flip made.
        variables: The environment variables that carry the test database's URL.
    """
    OwnDatabase(context, frozenset(variables)).run()


def tested_applications(context: Context) -> list[GlobalName]:
    """Return the ASGI applications that modules of the project hold, those that tests import first."""
    found: list[GlobalName] = []
    for module in context.project.modules:
        for name in sorted(context.kinds.names.assigned(module)):
            one = GlobalName(module, name)
            values = context.kinds.global_values(one)
            if not module.is_test and any(isinstance(v, ExternalInstance) and v.name in APPLICATIONS for v in values):
                found.append(one)
    imported = {
        context.kinds.names.global_name(module, bound)
        for module in context.project.modules
        if module.is_test
        for bound in module.imports
    }
    return sorted(found, key=lambda one: one not in imported)


class OwnDatabase:
    """The database that the tests of one project make for themselves.

    Args:
        context: The context.
        variables: The environment variables that carry the test database's URL.
    """

    def __init__(self, context: Context, variables: frozenset[str]) -> None:
        self.context = context
        self.kinds = context.kinds
        self.variables = variables
        self.modules = [module for module in context.project.modules if module.is_test]
        self.fixtures = [
            one for module in self.modules for one in module.functions if "fixture" in self.kinds.fixtures.traits(one)
        ]
        self.converted: dict[Function, FixtureRole] = {}
        # Statements of a module's own body that go away.
        self.removed: dict[ast.stmt, Module] = {}
        self.database: set[ast.stmt] = set()

    def run(self) -> None:
        """Rewrite what can be rewritten, and list the rest."""
        for fixture in self.fixtures:
            role = self.role(fixture)
            if role is not None:
                reason = self.objection(role)
                if reason is None:
                    self.converted[fixture] = role
                else:
                    self.leave(fixture, f"it does more than {WORDS[role.role]} ({reason}): left on the tests' own")
        for module in self.modules:
            self.collect(module)
        blocked = self.blocked()
        if blocked is not None:
            module, node, reason = blocked
            self.context.leave(module, node, KIND, f"the tests stay on their own fixtures: {reason}")
            return
        self.collect_constants()
        for role in self.converted.values():
            if role.role == "set-up" and not self.requested(role.function):
                assert isinstance(role.function.node, ast.stmt)
                self.removed[role.function.node] = role.function.module
        texts = self.texts()
        for function, role in self.converted.items():
            if function.node not in self.removed:
                texts.write(role)
        self.delete()

    def role(self, fixture: Function) -> FixtureRole | None:
        """Return what a fixture is for."""
        return fixture_role(self.context, fixture)

    def texts(self) -> FixtureTexts:
        """Return what writes the fixtures anew."""
        return FixtureTexts(self.context, self.converted)

    def given(self, role: FixtureRole) -> str:
        """Return the fixture of Greenshift's that stands in for one."""
        return GIVEN[role.role][0]

    def leave(self, function: Function, reason: str) -> None:
        """List a fixture for the user."""
        self.context.leave(function.module, function.node, KIND, reason)

    def objection(self, role: FixtureRole) -> str | None:
        """Return why a fixture cannot be Greenshift's; None where it can."""
        function = role.function
        if role.extra is not None:
            return f"line {getattr(role.extra, 'lineno', function.place.line)}"
        if function.owner is not None or function.parent is not None:
            return "it belongs to a class or a function"
        for node in function.decorators:
            if isinstance(node, ast.Call) and any(one.arg == "params" for one in node.keywords):
                return "it has parameters"
        if role.role == "client":
            applications = tested_applications(self.context)
            if not applications or self.application(role) != applications[0]:
                return "its application is not a module's own"
        return None

    def application(self, role: FixtureRole) -> object:
        """The module-level application behind a client."""
        for node in walk(role.client) if role.client is not None else ():
            value = node.value if isinstance(node, ast.keyword) and node.arg == "app" else None
            if isinstance(value, ast.Name) and not self.is_local(role.function.module, value):
                return self.kinds.names.resolve(role.function.module, value)
        return None

    def collect(self, module: Module) -> None:
        """Collect the test database's objects and the overrides of a module's own body."""
        overrides: set[object] = set()
        for node in module.source.tree.body:
            value = session_override(self.context, module, node)
            if value is not None:
                self.removed[node] = module
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if self.kinds.is_a(node.value, *DATABASE) and all(isinstance(one, ast.Name) for one in targets):
                    self.removed[node] = module
                    self.database.add(node)
            if isinstance(node, ast.Assign) and is_variable_of_environment(node.targets[0], self.variables):
                self.removed[node] = module
        for inner in module.source.nodes:
            value = session_override(self.context, module, inner)
            if isinstance(value, ast.Name) and not self.is_local(module, value):
                overrides.add(self.kinds.names.resolve(module, value))
        for one in overrides:
            if isinstance(one, Function) and one.module.is_test and isinstance(one.node, ast.stmt):
                self.removed[one.node] = one.module
                self.database.add(one.node)

    def collect_constants(self) -> None:
        """Collect the URLs and functions that only what goes away has read."""
        gone = {id(node) for top in self.tops() for node in walk(top)}
        read: dict[object, list[bool]] = {}
        for module in self.modules:
            for node in module.source.nodes:
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not self.is_local(module, node):
                    named = self.kinds.names.resolve(module, node)
                    if isinstance(named, GlobalName | Function) and named.module.is_test:
                        read.setdefault(named, []).append(id(node) in gone)
        for module in self.modules:
            for statement in module.source.tree.body:
                if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement not in self.tops():
                    uses = read.get(module.top.get(statement.name), [])
                    if uses and all(uses):
                        self.removed[statement] = module
                if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                    target = statement.targets[0]
                    if isinstance(target, ast.Name) and isinstance(statement.value, ast.Constant | ast.JoinedStr):
                        uses = read.get(GlobalName(module, target.id), [])
                        if uses and all(uses):
                            self.removed[statement] = module

    def tops(self) -> list[ast.AST]:
        """Return the statements that go away or are written anew."""
        return [*self.removed, *(one.node for one in self.converted)]

    def blocked(self) -> tuple[Module, ast.AST, str] | None:
        """Return what needs the tests' own database; None where nothing does."""
        own = {
            GlobalName(self.removed[node], target.id): node
            for node in self.database
            for target in walk(node)
            if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
        }
        functions = {node for node in self.database if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        tops = set(self.tops())
        for module in self.modules:
            read = {node.id for node in module.source.nodes if isinstance(node, ast.Name)}
            for bound in module.imports:
                if bound not in read and self.kinds.names.global_name(module, bound) in own:
                    return module, module.source.tree.body[0], f"{bound} is imported here"
            for node in module.source.nodes:
                if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
                    continue
                target = self.kinds.names.resolve(module, node)
                if isinstance(node, ast.Name) and self.is_local(module, node):
                    continue
                is_own = target in own or (isinstance(target, Function) and target.node in functions)
                if is_own and top_statement(self.context, node) not in tops:
                    return module, node, f"{module.source.segment(node)} is used here"
        for fixture in self.fixtures:
            for parameter in fixture.parameters:
                asked = self.kinds.fixtures.fixture(parameter.name, fixture)
                is_narrow = asked in self.converted and self.converted[asked].role != "set-up"
                is_wide = fixture not in self.converted and self.kinds.fixtures.scope(fixture) != "function"
                if is_narrow and is_wide:
                    return fixture.module, fixture.node, f"{fixture.name} lives longer than a test"
        for fixture in self.fixtures:
            if fixture in self.converted or self.kinds.fixtures.scope(fixture) == "function":
                continue
            if any(self.kinds.is_a(node, *DATABASE) for node in walk(fixture.node)):
                reason = "its rows would be undone after the first test: put them under seed in [tool.greenshift]"
                return fixture.module, fixture.node, f"{fixture.name} lives longer than a test; {reason}"
        needed = {self.given(role) for role in self.converted.values() if role.role != "set-up"}
        for fixture in self.fixtures:
            if self.kinds.fixtures.fixture_name(fixture) in needed and fixture not in self.converted:
                return fixture.module, fixture.node, f"{fixture.name} has the name of one of Greenshift's"
        return None

    def requested(self, function: Function) -> bool:
        """Whether anything that stays asks for a fixture by its name."""
        name = self.kinds.fixtures.fixture_name(function)
        for module in self.modules:
            for other in module.functions:
                if other not in self.converted and any(one.name == name for one in other.parameters):
                    return True
            for node in module.source.nodes:
                is_name = isinstance(node, ast.Constant) and node.value == name
                if is_name and top_statement(self.context, node) is not function.node:
                    return True
        return False

    def is_local(self, module: Module, name: ast.Name) -> bool:
        """Whether a function around a name has a parameter or a variable of that name."""
        current: ast.AST | None = name
        while current is not None:
            current = self.kinds.parents.get(current)
            if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                for node in walk(current):
                    if isinstance(node, ast.arg) and node.arg == name.id:
                        return True
                    if isinstance(node, ast.Name) and node.id == name.id and isinstance(node.ctx, ast.Store):
                        return True
        return False

    def delete(self) -> None:
        """Delete what goes away, neighbours together."""
        for module in self.modules:
            source, group = module.source, list[ast.stmt]()
            for statement in [*source.tree.body, None]:
                if statement is not None and statement in self.removed:
                    group.append(statement)
                elif group:
                    start = statement_begin(source, group[0])
                    above = source.text[:start].rstrip()
                    begin = len(above) + 1 if above else 0
                    self.context.edits(module).replace(begin, source.line_end(source.end(group[-1])), "")
                    group = []
