"""A fixture of sync tests, written anew on one of Greenshift's."""

from __future__ import annotations

import ast
from typing import Final

from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.tests.fixture_roles import FixtureRole
from greenshift.shift.rewrite.tests.fixture_texts import FixtureTexts

SYNC_GIVEN: Final = {
    "session": ("db_session", "sqlalchemy.orm", "Session", ""),
    "engine": ("db_engine", "sqlalchemy", "Engine", ""),
    "factory": ("db_session_factory", "sqlalchemy.orm", "sessionmaker", "[{session}]"),
    "client": ("", "", "", ""),
}


class SyncFixtureTexts(FixtureTexts):
    """Writes fixtures of sync tests; those of async ones as the shift writes them."""

    def write(self, role: FixtureRole) -> None:
        """Write a fixture anew: one line on Greenshift's."""
        is_async = any(getattr(one, "is_async", False) for one in self.kinds.given(role.function))
        if role.role == "set-up" or is_async:
            super().write(role)
        elif role.role == "client":
            self._write_client(role)
        else:
            self._write_given(role)

    def _kept(self, role: FixtureRole) -> list[str]:
        function, node = role.function, role.function.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        source = function.module.source
        return [
            source.segment(argument)
            for argument in node.args.args
            if argument.arg != "request"
            and self.kinds.fixtures.fixture(argument.arg, function) not in self.converted
            and argument.arg not in {one[0] for one in SYNC_GIVEN.values()}
            and not argument.arg.startswith(("postgresql", "sqla_"))
        ]

    def _write_given(self, role: FixtureRole) -> None:
        function, node = role.function, role.function.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        module = function.module
        source, imports = module.source, self.context.imports(module)
        body = [source.segment(node.body[0])] if ast.get_docstring(node) is not None else []
        given, library, name, more = SYNC_GIVEN[role.role]
        if role.role in ("session", "factory") and not self.has_factory:
            self._write_on_engine(role, body)
            return
        annotation, returned = "", ""
        if node.returns is not None:
            text = imports.need(library, name)
            if more:
                text += more.format(session=imports.need("sqlalchemy.orm", "Session"))
            annotation, returned = f": {text}", f" -> {text}"
        parameters = ", ".join([*self._kept(role), f"{given}{annotation}"])
        lines = [f"def {node.name}({parameters}){returned}:", *body, f"return {given}"]
        self.context.edits(module).replace_node(node, "\n    ".join(lines))
        self.narrow(role)

    def _write_on_engine(self, role: FixtureRole, body: list[str]) -> None:
        """Write a session on the engine, of the class that the tests have: the application has no factory."""
        function, node = role.function, role.function.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        module = function.module
        imports, source = self.context.imports(module), module.source
        has_sqlmodel = any(
            one.module.startswith("sqlmodel") for other in self.modules for one in other.imports.values()
        )
        session = imports.need("sqlmodel" if has_sqlmodel else "sqlalchemy.orm", "Session")
        parameters = ", ".join([*self._kept(role), "db_engine"])
        returned = ""
        if role.role == "session":
            body = [*body, f"with {session}(db_engine) as session:", "    yield session"]
            if node.returns is not None:
                returned = f" -> {imports.need('collections.abc', 'Iterator')}[{session}]"
        else:
            factory = imports.need("sqlalchemy.orm", "sessionmaker")
            body = [*body, f"return {factory}(db_engine, class_={session})"]
            returned = f" -> {source.segment(node.returns)}" if node.returns is not None else ""
        lines = [f"def {node.name}({parameters}){returned}:", *body]
        self.context.edits(module).replace_node(node, "\n    ".join(lines))
        self.narrow(role)

    def _write_client(self, role: FixtureRole) -> None:
        function, node = role.function, role.function.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        assert role.client is not None
        source = function.module.source
        body = [source.segment(node.body[0])] if ast.get_docstring(node) is not None else []
        call = source.segment(role.client)
        items = [item for one in walk(node) if isinstance(one, ast.With) for item in one.items]
        item = next((one for one in items if one.context_expr is role.client), None)
        if item is not None:
            name = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else "client"
            body += [f"with {call} as {name}:", f"    yield {name}"]
        else:
            body += [f"return {call}"]
        returned = ""
        if node.returns is not None:
            text = source.segment(node.returns)
            returned = (
                f" -> {text}"
                if item is not None or "[" not in text
                else f" -> {text.partition('[')[2].partition(',')[0].rstrip(']')}"
            )
        lines = [f"def {node.name}({', '.join(self._kept(role))}){returned}:", *body]
        self.context.edits(function.module).replace_node(node, "\n    ".join(lines))
        if role.shares_session:
            self.context.leave(
                function.module,
                function.node,
                "fixture",
                "the application has a session of its own now: a test commits what it is to see, and refreshes"
                " what it changed",
            )
