"""The tests' own database becomes Greenshift's: fixtures that are recognised, in sync and in async tests."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import Final

from greenshift.init.preparation import Preparation
from greenshift.init.sync_fixture_texts import SYNC_GIVEN, SyncFixtureTexts
from greenshift.shift.kinds.metadata import is_metadata_call
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.fixture_roles import FixtureRole, fixture_role
from greenshift.shift.rewrite.tests.fixture_texts import GIVEN, FixtureTexts
from greenshift.shift.rewrite.tests.greenshift_fixtures import OwnDatabase

PYTEST_SQLA: Final = {
    "sqla_session": "db_session",
    "sqla_async_session": "async_db_session",
    "sqla_engine": "db_engine",
    "sqla_async_engine": "async_db_engine",
    "sqla_sessionmaker": "db_session_factory",
    "sqla_async_sessionmaker": "async_db_session_factory",
}


class OwnFixtures(OwnDatabase):
    """The database that the tests of one project make for themselves, be they sync or async.

    Args:
        context: The context.
        variables: The environment variables that carry the test database's URL.
    """

    def __init__(self, context: Context, variables: Collection[str]) -> None:
        super().__init__(context, frozenset(variables))
        self.preparation = Preparation(context, self.modules, self.fixtures, frozenset(variables))

    def role(self, fixture: Function) -> FixtureRole | None:
        """Return what a fixture is for; one that only gives a server or its URL prepares the database."""
        role = fixture_role(self.context, fixture, takes_sync=True, prepares=self.preparation.only_prepares)
        if role is not None and role.role == "client" and not self.is_async(role):
            is_bare = "dependency_overrides" not in fixture.module.source.segment(fixture.node)
            if is_bare and not fixture.parameters:
                return None  # it is right as it is
        is_option = fixture.name.startswith("sqla_") and fixture.name not in PYTEST_SQLA
        if is_option or (role is None and fixture in self.preparation.fixtures):
            return FixtureRole(fixture, "set-up", None)
        return role

    def texts(self) -> FixtureTexts:
        """Return what writes the fixtures anew."""
        return SyncFixtureTexts(self.context, self.converted)

    def given(self, role: FixtureRole) -> str:
        """Return the fixture of Greenshift's that stands in for one."""
        return (GIVEN if self.is_async(role) else SYNC_GIVEN)[role.role][0]

    def is_async(self, role: FixtureRole) -> bool:
        """Whether a fixture gives an asyncio session, engine, factory or client."""
        return any(getattr(one, "is_async", False) for one in self.kinds.given(role.function))

    def objection(self, role: FixtureRole) -> str | None:
        """Return why a fixture cannot be Greenshift's; a sync client stays the application's own."""
        if role.role == "client" and not self.is_async(role):
            if role.extra is not None:
                return f"line {getattr(role.extra, 'lineno', role.function.place.line)}"
            return self.uses_what_stays(role) or ("it belongs to a class" if role.function.owner is not None else None)
        return super().objection(role) or (self.uses_what_stays(role) if role.role == "client" else None)

    def uses_what_stays(self, role: FixtureRole) -> str | None:
        """Return why a client's session cannot be the application's own: the tests' session stays as it is."""
        for parameter in role.function.parameters:
            asked = self.kinds.fixtures.fixture(parameter.name, role.function)
            other = self.role(asked) if asked is not None else None
            if other is not None and other.role != "client" and self.objection(other) is not None:
                return f"{parameter.name}, which stays the tests' own"
        return None

    def collect(self, module: Module) -> None:
        """Collect the test database's objects, and the tables that a module makes when it is imported."""
        super().collect(module)
        for node in module.source.tree.body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                if is_metadata_call(self.kinds, node.value) or self.preparation.only_prepares(node.value):
                    self.removed[node] = module
            elif isinstance(node, ast.Assign | ast.AnnAssign) and self.preparation.only_prepares(node):
                self.removed[node] = module

    def rewritten(self) -> Iterable[tuple[FixtureRole, str]]:
        """Return what each fixture became."""
        for function, role in self.converted.items():
            if function.node in self.removed:
                is_server = function in self.preparation.fixtures
                yield role, f"is gone: {'the server is started' if is_server else 'the database is made'} by Greenshift"
            elif role.role == "set-up":
                yield role, "does nothing any more, since others ask for it"
            elif role.role == "client" and not self.is_async(role):
                yield role, "is the application's client, without the overrides"
            else:
                yield role, f"is {self.given(role)} now"
