"""Every behaviour on every model of many styles: none of them has a fault."""

from __future__ import annotations

import pytest
from contract.contract_models import Base

from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.rows import Rows
from greenshift.contract.running import Case, cases_of, run_case
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database

ADAPTER = SQLAlchemyAdapter(Base)
ROWS = Rows(ADAPTER)
CASES = cases_of(ROWS, ADAPTER.models(), all_behaviours())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_models_without_a_fault(case: Case, database: Database) -> None:
    run_case(case, ADAPTER, ROWS, database.url(), database.rewind)


def test_every_behaviour_is_tried_on_a_model() -> None:
    # Plain models have no way of their own to JSON: test_contract_styles has those that do.
    assert {one.name for one in all_behaviours()} - {case.behaviour.name for case in CASES} == {"json"}


def test_ids_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
