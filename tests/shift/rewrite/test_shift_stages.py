"""Running the stages: what they keep in memory."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from weakref import ref

import pytest

from greenshift.shift.api import plan_shift
from greenshift.shift.garbage import rare_collections
from greenshift.shift.rewrite.context import STAGES, Context
from greenshift.shift.rewrite.stages import fixers_of, run_stage

APPLICATION = {
    "app/models.py": (
        "from sqlalchemy import Column, Integer\n"
        "from sqlalchemy.orm import Session, declarative_base\n\n\n"
        "Base = declarative_base()\n\n\n"
        "class User(Base):\n"
        '    __tablename__ = "users"\n'
        "    id = Column(Integer, primary_key=True)\n\n\n"
        "class Repository:\n"
        "    def __init__(self, session: Session) -> None:\n"
        "        self.session = session\n\n"
        "    def found(self):\n"
        "        return self.session.query(User)\n\n"
        "    def all(self):\n"
        "        return self.found().all()\n"
    ),
    "tests/test_models.py": (
        "from fastapi import FastAPI\n"
        "from fastapi.testclient import TestClient\n\n\n"
        "def test_none():\n"
        "    client = TestClient(FastAPI())\n"
        '    assert client.get("/").status_code == 404\n'
    ),
}


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stage_knew_is_freed_at_its_end_without_a_search_for_garbage(stage: str) -> None:
    known: list[ref[Any]] = []

    def remember(context: Context) -> None:
        known.extend([ref(context.kinds), ref(context.project), *(ref(one) for one in context.project.functions)])

    gc.collect()
    gc.disable()
    try:
        result = run_stage(stage, APPLICATION, fixers=[*fixers_of(stage), remember])
        assert [one() for one in known if one() is not None] == []
    finally:
        gc.enable()
    assert len(known) > 4
    assert (stage == "prepare") or result.changed


def test_the_collector_is_set_back_behind_a_plan(tmp_path: Path) -> None:
    for file, text in APPLICATION.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold()[0] > before[0]
    plan_shift(tmp_path)
    assert gc.get_threshold() == before
