"""Every behaviour on models in other styles, none of which has a fault."""

from __future__ import annotations

import pytest
from contract.style_models import BASES

from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.rows import Rows
from greenshift.contract.running import Case, cases_of, run_case
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database

OWN = {"Team", "Hero"}
ADAPTERS = {name: SQLAlchemyAdapter(base) for name, base in BASES.items()}
ROWS = {name: Rows(adapter) for name, adapter in ADAPTERS.items()}
CASES = [
    pytest.param(name, case, id=f"{name}-{case.id}")
    for name, adapter in ADAPTERS.items()
    for case in cases_of(
        ROWS[name], [one for one in adapter.models() if name != "sqlmodel" or one.name in OWN], all_behaviours()
    )
]


@pytest.mark.parametrize(("style", "case"), CASES)
def test_models_of_other_styles(style: str, case: Case, database: Database) -> None:
    run_case(case, ADAPTERS[style], ROWS[style], database.url(), database.rewind)


def test_what_the_styles_are_tried_on() -> None:
    ids = {str(one.id) for one in CASES}
    assert {"sqlmodel-json-Hero", "dataclass-cascade-Machine.parts", "imperative-relationship-Country.cities"} <= ids
