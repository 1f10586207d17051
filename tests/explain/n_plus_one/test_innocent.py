"""The release gate: programs without a loop worth a word, about which nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from programs import cases, copied, load, run

from greenshift import trace
from greenshift.explain.n_plus_one import Detector

FOLDER = Path(__file__).parent / "innocent"
CASES = [pytest.param(*case, id="-".join(case)) for case in cases(FOLDER)]


@pytest.mark.parametrize(("file", "function", "driver"), CASES)
def test_an_innocent_program_is_silent(
    file: str, function: str, driver: str, library_url: Callable[[str], str], tmp_path: Path
) -> None:
    module = load(copied(FOLDER / f"{file}.py", tmp_path))
    detector = Detector(root=tmp_path)
    with trace.record() as recording:
        run(getattr(module, function), library_url(driver), detector)
    assert detector.findings() == [], "\n".join(map(str, detector.findings()))
    assert recording.statements, "it sent nothing, and so shows nothing"


def test_there_are_enough_of_them() -> None:
    assert len({(file, function) for file, function, _ in cases(FOLDER)}) >= 36
