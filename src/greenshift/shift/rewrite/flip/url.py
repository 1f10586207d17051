"""The URL of an engine, made one of an async driver: where it is written, or where the engine is made."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import (
    free_name,
    import_spelling,
    imported_first,
    insert_definition,
    top_statement,
)
from greenshift.shift.rewrite.flip.url_origin import only_engines_read, written_urls
from greenshift.shift.settings.url import async_url, url_notes

ASYNC_DRIVERS = {
    "aiomysql", "aioodbc", "aiosqlite", "asyncmy", "asyncpg", "oracledb_async", "psycopg", "psycopg_async",
}  # fmt: skip
_MAPPING = {
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+aiomysql",
    "mysql+pymysql": "mysql+aiomysql",
    "mysql+mysqldb": "mysql+aiomysql",
}


@dataclass
class Urls:
    """The URLs of a project's engines.

    Attributes:
        context: The flip's context.
        calls: By module: the URL expressions that go through the function which is written once.
    """

    context: Context
    calls: dict[Module, list[ast.expr]] = field(default_factory=dict)

    def convert(self, module: Module, node: ast.expr) -> None:
        """Make an engine's URL one of an async driver.

        A literal that only engines read changes where it is written. Any other URL may come from an environment that
        does not change with the code: it goes through a function that takes both forms.

        Args:
            module: Where the engine is made.
            node: The URL's expression.
        """
        literals = written_urls(self.context, module, node)
        if literals is not None and all(not _needs_driver(one) for one in literals):
            return
        if literals is not None and all(only_engines_read(self.context, one) for one in literals):
            for literal in literals:
                self._rewrite(literal)
            return
        wrapped = self.calls.setdefault(module, [])
        if node not in wrapped:
            wrapped.append(node)

    def _rewrite(self, literal: ast.expr) -> None:
        if not _needs_driver(literal):
            return
        module = self.context.kinds.module_by_node[literal]
        source = module.source
        segment = source.segment(literal)
        driver = self.context.options.postgres_driver
        for note in url_notes(segment, driver):
            self.context.leave(module, literal, "url", note)
        changed = async_url(segment, driver)
        if changed == segment:
            # The scheme alone: URL.create("postgresql", ...).
            scheme = str(literal.value) if isinstance(literal, ast.Constant) else ""
            changed = segment.replace(scheme, async_url(f"{scheme}://", driver).removesuffix("://"), 1)
        # Only what differs is replaced, so that the literal's layout stays.
        start = next((i for i, (a, b) in enumerate(zip(segment, changed, strict=False)) if a != b), 0)
        rest, new = segment[start:], changed[start:]
        while rest and new and rest[-1] == new[-1]:
            rest, new = rest[:-1], new[:-1]
        offset = source.start(literal) + start
        if rest:
            self.context.edits(module).replace(offset, offset + len(rest), new)
        else:
            self.context.edits(module).insert(offset, new)

    def _imports_others(self, module: Module) -> bool:
        """Whether a module imports others that make engines: they could not import the function from it."""
        return len(self.calls) > 1 and bool(imported_first(self.context.project, module) & self.calls.keys() - {module})

    def finish(self) -> None:
        """Write the function that gives a URL its async driver, and call it where an engine is made."""
        if not self.calls:
            return
        home = min(self.calls, key=lambda module: (module.is_test, self._imports_others(module), module.file))
        name = free_name(home, "async_url", "async_database_url", "_async_url")
        for module, nodes in self.calls.items():
            bound = name
            if module is not home:
                spelling = import_spelling(self.context.project, module, home)
                bound = self.context.imports(module).need(spelling, name)
            for node in nodes:
                self.context.edits(module).wrap(node, f"{bound}(", ")")
        first = min(self.calls[home], key=home.source.start)
        statement = top_statement(self.context, first)
        assert statement is not None
        imports = self.context.imports(home)
        url, make_url = imports.need("sqlalchemy", "URL"), imports.need("sqlalchemy", "make_url")
        insert_definition(
            self.context, home, statement, function_text(name, url, make_url, self.context.options.postgres_driver)
        )


def function_text(name: str, url: str, make_url: str, driver: str) -> str:
    """Return the function that gives a URL its async driver.

    Args:
        name: The function's name.
        url: The name of SQLAlchemy's ``URL`` in the module.
        make_url: The name of ``make_url``.
        driver: The driver for PostgreSQL.
    """
    postgresql = f"postgresql+{driver}"
    mapping = {"postgresql": postgresql, "postgresql+psycopg2": postgresql, **_MAPPING}
    lines = [
        f"def {name}(url: str | {url}) -> {url}:",
        '    """Return a database URL with an async driver in the place of a sync one."""',
        f"    parsed = {make_url}(url)",
        "    drivers = {",
        *(f'        "{sync}": "{new}",' for sync, new in mapping.items()),
        "    }",
        "    parsed = parsed.set(drivername=drivers.get(parsed.drivername, parsed.drivername))",
    ]
    if driver == "asyncpg":
        lines += [
            f'    if parsed.drivername == "{postgresql}" and "sslmode" in parsed.query:',
            "        # asyncpg calls it ssl.",
            '        ssl = parsed.query["sslmode"]',
            '        parsed = parsed.difference_update_query(["sslmode", "channel_binding"])',
            '        parsed = parsed.update_query_dict({"ssl": ssl})',
        ]
    return "\n".join([*lines, "    return parsed"])


def _needs_driver(literal: ast.expr) -> bool:
    if isinstance(literal, ast.JoinedStr):
        literal = literal.values[0]
    text = str(literal.value) if isinstance(literal, ast.Constant) else ""
    driver = text.partition("://")[0].partition("+")[2]
    return driver not in ASYNC_DRIVERS
