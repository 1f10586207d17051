"""Programs with a loop: each is found, in the right lines, with the right option, and innocent once it is mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from programs import cases, copied, load, marked, run

from greenshift.explain.editing import apply
from greenshift.explain.n_plus_one import Detector

FOLDER = Path(__file__).parent / "guilty"
CASES = [pytest.param(*case, id="-".join(case)) for case in cases(FOLDER)]


@pytest.mark.parametrize(("file", "function", "driver"), CASES)
def test_a_loop_is_found(
    file: str, function: str, driver: str, library_url: Callable[[str], str], tmp_path: Path
) -> None:
    path = copied(FOLDER / f"{file}.py", tmp_path)
    module = load(path)
    detector = Detector(root=tmp_path)
    run(getattr(module, function), library_url(driver), detector)

    findings = detector.findings()
    assert [one.kind for one in findings] == [module.KIND], "\n".join(map(str, findings))
    places = {(place.line, place.role) for place in findings[0].where if place.file == str(path)}
    assert places == marked(path), findings[0]
    assert module.FIX in findings[0].fix
    assert module.HEADLINE in findings[0].headline

    assert bool(findings[0].edits) == getattr(module, "EDITS", False), findings[0]
    if findings[0].edits:
        apply(findings[0].edits)
        after = Detector(root=tmp_path)
        run(getattr(load(path), function), library_url(driver), after)
        assert after.findings() == [], path.read_text()
