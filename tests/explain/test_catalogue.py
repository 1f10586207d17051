"""Every reproduction is explained as its kind, live and from its printed traceback, and mended by its edits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reproduction import Reproduction, declared, names, printed

from greenshift.explain import Witness, explain, explain_text
from greenshift.explain.catalogue import ENTRIES
from greenshift.explain.editing import apply
from greenshift.explain.uncommitted import Uncommitted

CASES = [
    pytest.param(name, driver, id=f"{name}-{driver}")
    for name in names()
    for driver in declared(name)["DRIVERS"]  # type: ignore[attr-defined]
]
# The others say themselves that they can be told only by what was watched.
TOLD_FROM_TEXT = [case for case in CASES if declared(str(case.values[0]))["STATIC"]]


@pytest.mark.parametrize(("name", "driver"), CASES)
def test_a_reproduction_is_explained_and_mended(
    name: str, driver: str, fresh_url: Callable[..., str], tmp_path: Path
) -> None:
    values = declared(name)
    reproduction = Reproduction.copied(name, tmp_path)
    with Witness(), Uncommitted() as uncommitted:
        error = reproduction.run(fresh_url(driver, values.get("EXTRA")))
    assert error is not None, "the reproduction did not fail"
    if values.get("EXTRA") == "uncommitted":
        uncommitted.attach(error)

    explanation = explain(error)
    assert explanation is not None, printed(error)
    assert explanation.kind == values["KIND"], printed(error)
    places = {(place.line, place.role) for place in explanation.where if place.file == str(reproduction.path)}
    assert reproduction.marked() <= places, f"{explanation}\n{printed(error)}"

    if values["STATIC"]:
        [static] = explain_text(printed(error))
        assert static.kind == values["KIND"]

    assert bool(explanation.edits) == values["EDITS"], explanation
    if values["EDITS"]:
        before = reproduction.path.read_text()
        applied = apply(explanation.edits)
        assert reproduction.run(fresh_url(driver, values.get("EXTRA"))) is None, reproduction.path.read_text()
        applied.undo()
        assert reproduction.path.read_text() == before


@pytest.mark.parametrize(("name", "driver"), TOLD_FROM_TEXT)
def test_a_reproduction_without_a_witness_is_explained(
    name: str, driver: str, fresh_url: Callable[..., str], tmp_path: Path
) -> None:
    """SQLAlchemy's own error, as an application raises it in which nothing of ours was installed."""
    values = declared(name)
    error = Reproduction.copied(name, tmp_path).run(fresh_url(driver, values.get("EXTRA")))
    assert error is not None
    explanation = explain(error)
    assert explanation is not None, printed(error)
    assert explanation.kind == values["KIND"], printed(error)
    assert values["KIND"] in {one.kind for one in explain_text(printed(error))}


def test_every_entry_has_a_reproduction() -> None:
    reproduced = {declared(name)["KIND"] for name in names()}
    assert {entry.kind for entry in ENTRIES} == reproduced
