"""The contract in a test suite: ``class TestModels(greenshift.contract.ModelContract): base = Base``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from greenshift.config import load_config
from greenshift.contract.adapter import Adapter
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.description import Model
from greenshift.contract.drivers import chosen_driver
from greenshift.contract.errors import ContractError
from greenshift.contract.rows import Rows
from greenshift.contract.running import Case, Grounds, cases_of, run_case
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.errors import GreenshiftError
from greenshift.postgres.schemas.database import SchemaDatabase


class ModelContract:
    """Tests of every model, sync and async: one a behaviour and model, ``test_contract[create-User]``.

    Attributes:
        base: what SQLAlchemy's models are mapped with: a declarative base, ``SQLModel``, a registry.
        models: the only models wanted, as classes or names; None for all.
        driver: of the async flavour of SQLAlchemy's models: ``asyncpg`` or ``psycopg``; None for the one
            that ``[tool.greenshift]`` names, else for what is installed.
        adapter: the way to models of another library, in place of ``base``.
        build: values of columns: ``{User.email: "a@example.org"}``, or a callable that may take the row's number.
        leave_out: why tests are not run, by ``"behaviour"``, ``"behaviour[Model]"`` or ``"behaviour[Model.name]"``.
        behaviours: classes of further behaviours.
    """

    base: ClassVar[Any] = None
    models: ClassVar[Sequence[Any] | None] = None
    driver: ClassVar[str | None] = None
    adapter: ClassVar[Adapter | None] = None
    build: ClassVar[Mapping[Any, Any]] = {}
    leave_out: ClassVar[Mapping[str, str]] = {}
    behaviours: ClassVar[Sequence[type[Behaviour]]] = ()

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        """Make the tests."""
        if "_contract_case" not in metafunc.fixturenames:
            return
        try:
            parameters = _parameters(_Plan.of(cls, metafunc.config), cls.leave_out)
        except GreenshiftError as error:
            raise pytest.UsageError(f"{cls.__name__}: {error.problem}\n  fix: {error.fix}") from None
        metafunc.parametrize("_contract_case", parameters)

    def test_contract(self, _contract_case: Case, db: Any, request: pytest.FixtureRequest) -> None:  # noqa: PT019
        """Try one behaviour of one model."""
        __tracebackhide__ = True
        plan = _Plan.of(type(self), request.config)
        url = db.url(None)
        if not url.startswith("postgresql"):
            pytest.fail("greenshift: the contract needs PostgreSQL\n  fix: take driver = 'sqlite' away", pytrace=False)
        templates = plan.template_has_tables
        if not templates:
            templates.append(_has_tables(db, plan.adapter))
        has_tables = templates[0]
        if not has_tables:
            if isinstance(db, SchemaDatabase) and (outside := _outside(plan.adapter)):
                pytest.fail(f"{outside}\n  fix: name no schema in the models, or take another isolation", pytrace=False)
            plan.adapter.create(url)

        def rewind() -> None:
            db.rewind()
            if not has_tables:
                plan.adapter.create(url)

        # Tables that are made anew for each test are of other types each time: nothing is kept then.
        grounds = plan.grounds(url, request.node) if has_tables else None
        try:
            notes = run_case(_contract_case, plan.adapter, plan.rows, url, rewind, grounds)
        except GreenshiftError as error:
            pytest.fail(f"{error.problem}\n  fix: {error.fix}", pytrace=False)
        for note in notes:
            request.node.user_properties.append(("note", note))
            request.node.add_report_section("call", "greenshift contract", note)


@dataclass(frozen=True)
class _Plan:
    """What the tests of one class share.

    Args:
        adapter: the way to the models.
        rows: makes rows, and remembers which the database takes.
        cases: the tests.
        template_has_tables: whether every test finds the tables made; empty before the first.
    """

    adapter: Adapter
    rows: Rows
    cases: Sequence[Case]
    template_has_tables: list[bool] = field(default_factory=list)
    _kept: list[Grounds] = field(default_factory=list)

    def grounds(self, url: str, test: pytest.Item) -> Grounds:
        """Return the database, open for the tests of the class until its last has ended."""
        if self._kept and self._kept[0].url == url:
            return self._kept[0]
        self.close()
        self._kept.append(Grounds(self.adapter, url))
        suite = test.getparent(pytest.Class)
        (suite if suite is not None else test).addfinalizer(self.close)
        return self._kept[0]

    def close(self) -> None:
        """Close what is kept open."""
        while self._kept:
            self._kept.pop().close()

    @classmethod
    def of(cls, suite: type[ModelContract], config: pytest.Config) -> _Plan:
        found = suite.__dict__.get("_contract_plan")
        if not isinstance(found, cls):
            found = cls._make(suite, config)
            # Kept at the class, with which it goes.
            suite._contract_plan = found  # type: ignore[attr-defined]
        return found

    @classmethod
    def _make(cls, suite: type[ModelContract], config: pytest.Config) -> _Plan:
        if suite.adapter is None and suite.base is None:
            raise ContractError("the class names no models", "write base = Base in it, or adapter = ...")
        adapter = suite.adapter or SQLAlchemyAdapter(
            suite.base, chosen_driver(suite.driver, _configured_driver(config))
        )
        rows = Rows(adapter, suite.build)
        tried = (*all_behaviours(), *(kind() for kind in suite.behaviours))
        return cls(adapter, rows, cases_of(rows, _chosen(adapter.models(), suite.models), tried))


def _configured_driver(config: pytest.Config) -> str:
    given = config.getoption("db_driver", None)
    return str(given) if given else load_config(config.rootpath).driver


def _chosen(models: Sequence[Model], wanted: Sequence[Any] | None) -> Sequence[Model]:
    if wanted is None:
        return models
    known = {model.name: model for model in models}
    classes = {model.model: model.name for model in models}
    names = [one if isinstance(one, str) else classes.get(one, one.__name__) for one in wanted]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "name one of: " + ", ".join(known)
            raise ContractError(f"there is no model {name}", hint)
    return [known[name] for name in names]


def _parameters(plan: _Plan, leave_out: Mapping[str, str]) -> list[Any]:
    made = []
    used = set()
    for case in plan.cases:
        names = (
            case.behaviour.name,
            f"{case.behaviour.name}[{case.model.name}]",
            f"{case.behaviour.name}[{case.place}]",
        )
        reasons = [(name, leave_out[name]) for name in names if name in leave_out]
        used |= {name for name, _ in reasons}
        marks = [pytest.mark.skip(reason=f"left out: {reasons[-1][1]}")] if reasons else []
        made.append(pytest.param(case, id=case.id, marks=marks))
    if unknown := [name for name in leave_out if name not in used]:
        ids = {f"{case.behaviour.name}[{case.place}]" for case in plan.cases}
        near = difflib.get_close_matches(unknown[0], ids, n=1)
        raise ContractError(
            f"leave_out names {unknown[0]!r}, which is no test of these models",
            f"did you mean {near[0]!r}?" if near else "write behaviour[Model], for example create[User]",
        )
    return made


def _outside(adapter: Adapter) -> str:
    """Return what would be made outside of the tests' own schema, since it names another; empty if nothing would."""
    for model in adapter.models():
        if "." in model.table:
            return f"the table {model.table} names a schema, so it would land outside of the tests' one"
        for column in model.columns.values():
            if "." in column.database_type:
                place = f"{model.name}.{column.name}, of the type {column.database_type}"
                return f"{place}, names a schema, so it would land outside of the tests' one"
    return ""


def _has_tables(db: Any, adapter: Adapter) -> bool:
    tables = {model.table for model in adapter.models()}
    quoted = [".".join('"' + part.replace('"', '""') + '"' for part in table.split(".")) for table in sorted(tables)]
    with db.connect() as connection:
        (there,) = connection.execute(
            "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS t(name)", (quoted,)
        ).fetchone()
    return bool(there)
