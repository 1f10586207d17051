"""``--tests greenshift``: the fixtures, and the ``[tool.greenshift]`` table that they need."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from itertools import pairwise

from greenshift.shift.errors import ShiftError
from greenshift.shift.facts import url_variables
from greenshift.shift.kinds.names import ExternalName, GlobalName
from greenshift.shift.project import Class, Module, Source
from greenshift.shift.project.loading import is_test_file
from greenshift.shift.rewrite.context import Context, Options
from greenshift.shift.rewrite.definitions import statement_begin
from greenshift.shift.rewrite.stages import StageResult, run_stage
from greenshift.shift.rewrite.tests.engines import imported_as
from greenshift.shift.rewrite.tests.greenshift_fixtures import tested_applications, use_greenshift_fixtures
from greenshift.shift.settings.greenshift_table import GreenshiftTable
from greenshift.shift.settings.plan import async_driver

_OWN = "leave --tests greenshift out: the tests keep their own fixtures, made async"


def refuse_without_variable(texts: Mapping[str, str]) -> None:
    """Refuse an application into which no environment variable carries the test database's URL.

    Args:
        texts: The application's texts before the shift.

    Raises:
        ShiftError: There is none.
    """
    if not _variables(texts):
        raise ShiftError(
            "--tests greenshift: the application takes its database URL from no environment variable",
            f'read the URL from one, as in os.environ["DATABASE_URL"], or {_OWN}',
        )


def shift_tests(
    texts: Mapping[str, str], options: Options, *, before: Mapping[str, str], driver: str | None, postgresql: bool
) -> tuple[StageResult, GreenshiftTable | None]:
    """Put the tests of a flipped application on Greenshift's fixtures.

    Args:
        texts: The texts that the flip made.
        options: What the user chose.
        before: The texts before the shift.
        driver: The PostgreSQL driver that the application had.
        postgresql: Whether the application runs on PostgreSQL.

    Returns:
        What was made of the texts, and the table; None where no test changes.

    Raises:
        ShiftError: No metadata is found.
    """
    refuse_without_variable(before)
    variables = _variables(before)
    tables: list[GreenshiftTable] = []

    def fix(context: Context) -> None:
        use_greenshift_fixtures(context, variables)
        metadata = _metadata(context)
        if not metadata:
            raise ShiftError(
                "--tests greenshift: no declarative base and no mapped class was found",
                f"define the models by a declarative base or SQLModel, or {_OWN}",
            )
        applications = tested_applications(context)
        tables.append(
            GreenshiftTable(
                metadata=metadata,
                app=f"{_imported(context, applications[0].module)}:{applications[0].name}" if applications else None,
                env=variables,
                driver=async_driver(driver) if postgresql else "sqlite",
                # Pydantic's type for a PostgreSQL URL wants a host, and a socket has none.
                listen="tcp" if any("PostgresDsn" in text for text in before.values()) else None,
            )
        )

    result = run_stage("tests", texts, options, fixers=[fix])
    for file in result.changed:
        result.texts[file] = closed_up(result.texts[file])
    return result, tables[0] if result.changed else None


def _variables(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that the application itself reads: one that only its tests read leads its own engine nowhere."""
    return url_variables({file: text for file, text in texts.items() if not is_test_file(file)})


def closed_up(text: str) -> str:
    """The text with no more than two empty lines between a module's statements, where others stood there before."""
    source = Source("", text)
    body = source.tree.body
    for above, below in reversed(list(pairwise(body))):
        start, end = source.end(above), statement_begin(source, below)
        if not text[start:end].strip():
            lines = min(text[start:end].count("\n"), 3)
            text = text[:start] + "\n" * lines + text[end:]
    return text


def _metadata(context: Context) -> list[str]:
    """The base in each module that maps a class: importing them all gives the metadata all tables."""
    found: dict[Module, str] = {}
    for cls in context.project.classes:
        if cls.module.is_test or cls.parent is not None or not _is_table(cls):
            continue
        found.setdefault(cls.module, _base(context, cls))
    return sorted(f"{_imported(context, module)}:{name}" for module, name in found.items())


def _is_table(cls: Class) -> bool:
    return (
        "__tablename__" in cls.assignments
        or "__table__" in cls.assignments
        or any(
            one.arg == "table" and isinstance(one.value, ast.Constant) and one.value.value is True
            for one in cls.node.keywords
        )
    )


def _base(context: Context, cls: Class) -> str:
    """The name of a class's declarative base in its own module; the class itself where that is not plain."""
    for base in cls.node.bases:
        if not isinstance(base, ast.Name):
            continue
        target = context.kinds.names.resolve(cls.module, base)
        if isinstance(target, ExternalName) and target.name.rpartition(".")[2] == "SQLModel":
            return base.id
        if isinstance(target, GlobalName):
            return base.id
        if isinstance(target, Class):
            externals = {one.rpartition(".")[2] for one in context.kinds.classes.externals(target)}
            if externals & {"DeclarativeBase", "DeclarativeBaseNoMeta", "SQLModel"}:
                return base.id
    return cls.name


def _imported(context: Context, module: Module) -> str:
    """The dotted name by which the tests import a module."""
    names = {imported_as(one, module) for one in context.project.modules if one.is_test}
    return min(names, key=len, default=module.name)
