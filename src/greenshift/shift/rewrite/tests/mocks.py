"""Mocks that stand for a session, or for an object whose methods became async."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import ContextManager, Instance, Session, SessionFactory, Values
from greenshift.shift.project import Class, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.mock_roles import MockRoles

KIND = "mock"
RESULTS = ("exec", "execute", "scalars")
"""Coroutine methods whose results are asked at once: what they return must not be an ``AsyncMock``."""
ENTERED = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def convert_mocks(context: Context) -> None:
    """Give mocks the specification of what they stand for, so that they know what is awaited.

    Args:
        context: The flip's context.
    """
    roles = MockRoles(context)
    used = _used_results(context)
    queries = _queries(context)
    for site, values in roles.roles.items():
        _Mock(context, roles, site, values, used, queries).convert()


def _used_results(context: Context) -> list[str]:
    """Which of the results' methods the application calls on its sessions."""
    found: set[str] = set()
    for module in context.project.modules:
        if module.is_test:
            continue
        for node in module.source.nodes:
            if isinstance(node, ast.Attribute) and node.attr in RESULTS and context.kinds.is_a(node.value, Session):
                found.add(node.attr)
    return sorted(found)


def _queries(context: Context) -> bool:
    """Whether the application still has a legacy query."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "query" and context.kinds.is_a(node.value, Session)
        for module in context.project.modules
        if not module.is_test
        for node in module.source.nodes
    )


def _home(context: Context) -> str:
    """Which library's ``AsyncSession`` the application uses."""
    for module in context.project.modules:
        for imported in module.imports.values():
            if imported.name == "Session" and imported.module.partition(".")[0] == "sqlmodel":
                return "sqlmodel.ext.asyncio.session"
    return "sqlalchemy.ext.asyncio"


def _holds_session(value: ContextManager) -> bool:
    return any(isinstance(one, Session) and not one.is_async for one in value.of)


class _Mock:
    def __init__(
        self, context: Context, roles: MockRoles, site: ast.Call, values: Values, used: list[str], queries: bool
    ) -> None:
        self.queries = queries
        self.context = context
        self.roles = roles
        self.site = site
        self.values = values
        self.used = used
        self.module: Module = context.kinds.module_by_node[site]
        self.edits = context.edits(self.module)

    def convert(self) -> None:
        if any(isinstance(one, Session) and not one.is_async for one in self.values):
            self.session()
            return
        if any(isinstance(one, ContextManager) and _holds_session(one) for one in self.values):
            if self.enters_itself():
                self.session()
            else:
                self.entered()
            return
        if any(isinstance(one, SessionFactory) for one in self.values):
            self.entered()
            return
        classes = {one.cls for one in self.values if isinstance(one, Instance)}
        if classes:
            self.instance(sorted(classes, key=lambda one: one.qualified_name))

    def session(self) -> None:
        """A mock of a session."""
        self.entered()
        asked = {parent.attr for parent in self.attributes()}
        queried = "query" in asked
        if queried and not self.queries:
            self.context.leave(
                self.module, self.site, KIND, "this mock answers `query`, which the application does not call any more"
            )
            return
        given = {one.arg for one in self.site.keywords}
        class_ = self.context.imports(self.module).need(_home(self.context), "AsyncSession")
        function = self.context.kinds.module_by_node[self.site].source.segment(self.site.func)
        results = [name for name in self.used if name != "exec" or "exec" in asked]
        more = ", ".join(f'"{name}.return_value": {function}()' for name in results)
        parts = [] if "spec" in given or self.site.args else [f"spec={class_}"]
        if queried:
            # What stays a query is asked of the sync session, inside `run_sync`.
            parts.append(f"sync_session={function}()")
            more = ", ".join(['"run_sync.side_effect": lambda call: call(None)', *([more] if more else [])])
            for attribute in self.attributes():
                if attribute.attr == "query":
                    module = self.context.kinds.module_by_node[attribute]
                    self.context.edits(module).insert_after(attribute.value, ".sync_session")
        if more and None not in given:
            parts.append(f"**{{{more}}}")
        self.add(parts)

    def instance(self, classes: list[Class]) -> None:
        """A mock of an object of the application, of one of several classes."""
        asynchronous = self.context.colours.asynchronous if self.context.colours is not None else set()
        methods = {
            name: one
            for cls in classes
            for each in reversed(self.context.kinds.classes.line(cls))
            for name, one in each.functions.items()
        }
        turned = [name for name, one in methods.items() if one in asynchronous and not one.is_async]
        given = {one.arg for one in self.site.keywords}
        if not turned or self.site.args or {"spec", "spec_set", "wraps"} & given:
            return
        one_class = len(classes) == 1 and self.site not in self.roles.members
        imported = self.name_of(classes[0]) if one_class else None
        attributes = {parent.attr for parent in self.attributes()}
        if imported is not None and attributes <= set(methods) | {"return_value", "side_effect", "mock_calls"}:
            self.add([f"spec={imported}"])
            return
        mock = self.context.imports(self.module).need("unittest.mock", "AsyncMock")
        self.add([f"{name}={mock}()" for name in sorted(turned) if name not in given])

    def name_of(self, cls: Class) -> str | None:
        """Under which name the test module knows a class, imported to its top if only a function imports it."""
        if self.module.top.get(cls.name) is cls:
            return cls.name
        for bound, imported in self.module.imports.items():
            if imported.name is not None and self.context.kinds.names.global_name(self.module, bound) is cls:
                return self.context.imports(self.module).need(imported.module, imported.name)
        return None

    def attributes(self) -> list[ast.Attribute]:
        """The attributes that the tests read or set on the mock."""
        parents = (self.context.kinds.parents.get(one) for one in self.roles.uses.get(self.site, ()))
        return [parent for parent in parents if isinstance(parent, ast.Attribute)]

    def entered(self) -> None:
        """``mock.__enter__`` is ``__aenter__`` now, here and on what the mock returns."""
        for attribute in self.attributes():
            current: ast.AST | None = attribute
            while isinstance(current, ast.Attribute):
                if current.attr in ENTERED:
                    # A mock that is handed on may be used in another module than it is made in.
                    module = self.context.kinds.module_by_node[current]
                    end = module.source.end(current)
                    self.context.edits(module).replace(end - len(current.attr), end, ENTERED[current.attr])
                    self.entering_value(current)
                current = self.context.kinds.parents.get(current)

    def enters_itself(self) -> bool:
        """``mock.__enter__ = Mock(return_value=mock)``, ``mock.__enter__.return_value = mock``."""
        names = {ast.unparse(one) for one in self.roles.uses.get(self.site, ())}
        for attribute in self.attributes():
            current: ast.AST | None = attribute if attribute.attr == "__enter__" else None
            while isinstance(current, ast.Attribute):
                current = self.context.kinds.parents.get(current)
            if not isinstance(current, ast.Assign):
                continue
            given = [current.value]
            if isinstance(current.value, ast.Call):
                given = [one.value for one in current.value.keywords if one.arg == "return_value"]
            if any(ast.unparse(one) in names for one in given):
                return True
        return False

    def entering_value(self, attribute: ast.Attribute) -> None:
        """``mock.__enter__ = Mock(return_value=mock)``."""
        assignment = self.context.kinds.parents.get(attribute)
        if not isinstance(assignment, ast.Assign):
            return
        value = assignment.value
        module = self.context.kinds.module_by_node[value]
        edits = self.context.edits(module)
        if isinstance(value, ast.Call) and self.roles.is_mock(module, value):
            edits.replace_node(value.func, self.context.imports(module).need("unittest.mock", "AsyncMock"))
        elif isinstance(value, ast.Lambda):
            mock = self.context.imports(module).need("unittest.mock", "AsyncMock")
            edits.wrap(value, f"{mock}(side_effect=", ")")

    def add(self, parts: list[str]) -> None:
        """Add arguments to the mock's call."""
        if not parts:
            return
        source = self.module.source
        arguments = [*self.site.args, *(one.value for one in self.site.keywords)]
        if arguments:
            self.edits.insert(max(source.end(one) for one in arguments), ", " + ", ".join(parts))
        else:
            self.edits.insert(source.end(self.site) - 1, ", ".join(parts))
