"""A page is written in one step, or one line says why not."""

import os
import stat
from pathlib import Path

import pytest
from report.pages_to_show import every_block

from greenshift.report.html import PageError, check_page_file, render_page, write_page


def test_a_page_replaces_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("old")
    file.chmod(0o640)
    write_page(every_block(), file)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n<html")
    assert text.endswith("</html>")
    # They differ in the minute in which they were made, at most.
    assert abs(len(text) - len(render_page(every_block()))) < 10
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_name_alone_is_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_page_file(Path("report.html"))
    write_page(every_block(), Path("report.html"))
    assert (tmp_path / "report.html").exists()


@pytest.mark.parametrize("write", [check_page_file, lambda file: write_page(every_block(), file)])
def test_what_cannot_be_written_is_said(tmp_path: Path, write: object) -> None:
    for file, problem in (
        (tmp_path, f"{tmp_path} cannot be written: it is a folder"),
        (tmp_path / "no" / "a.html", f"{tmp_path / 'no' / 'a.html'} cannot be written: there is no folder"),
        (Path("/proc/a.html"), "/proc/a.html cannot be written: "),
    ):
        with pytest.raises(PageError) as failed:
            write(file)  # type: ignore[operator]
            write_page(every_block(), file)
        assert failed.value.problem.startswith(problem)
        assert failed.value.fix
