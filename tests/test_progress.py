"""The progress of long work: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import pytest

from greenshift.load import plan
from greenshift.load.reporting.progress import Bar
from greenshift.shift.verify.progress import StepBars
from greenshift.shift.verify.running.pytest_run import Progress


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def on_a_terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    if request.param:
        monkeypatch.setenv("FORCE_COLOR", "1")
    return bool(request.param)


def test_a_load(on_a_terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.show(plan.Progress("warming [up]", 0, 5))
        bar.show(plan.Progress("round 1", 2, 5, "before: 400 a second"))
    out, shown = capsys.readouterr()
    assert out == ""
    if on_a_terminal:
        assert "before: 400 a second" in shown
        assert "2/5" in shown
        assert "round 1" in shown
    else:
        assert shown == "warming [up] ...\nbefore: 400 a second\n"


def test_a_verification(on_a_terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with StepBars() as bars:
        bars.show(Progress("before", 1, 3, "tests/test_a.py::test_a[1]"))
        bars.show(Progress("before", 3, 3))
        bars.show(Progress("walk", 4, 9, "GET /items"))
    out, shown = capsys.readouterr()
    assert out == ""
    if on_a_terminal:
        assert "tests before" in shown
        assert "GET /items" in shown
        assert "3/3" in shown
        assert "4/9" in shown
    else:
        assert shown == "tests before ...\nwalk ...\n"
