"""The application's own Python, looked at with real ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from greenshift.application.errors import ApplicationError
from greenshift.application.interpreter import Guest, Interpreter, opened_interpreter

GUEST = Guest("greenshift.masking", ("pytest", "no_such_package"), "nothing runs", "a lot", variables={"A": "1"})
THIS = Path(sys.executable)


def refused(program: Path, guest: Guest) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught, opened_interpreter(program, guest):
        pass
    return caught.value


def test_what_is_installed_is_told() -> None:
    with opened_interpreter(THIS, GUEST) as found:
        assert found.packages == {"pytest", "greenshift"}
        assert found.python == sys.version.split()[0]
        assert (found.program, found.search_path, found.variables) == (THIS, (), {"A": "1"})


def test_one_without_greenshift_is_lent_it(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    program.chmod(0o755)
    with opened_interpreter(program, GUEST) as found:
        (folder,) = found.search_path
        assert os.listdir(folder) == ["greenshift"]
        assert found.packages == {"greenshift"}
        assert found.environment(tmp_path, {})["PYTHONPATH"].split(os.pathsep)[:2] == [str(tmp_path), folder]
    assert not Path(folder).exists()


def test_one_that_does_not_run_is_refused(tmp_path: Path) -> None:
    assert f"{tmp_path / 'python'} is no Python that runs" in refused(tmp_path / "python", GUEST).problem


def test_one_may_be_named_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "environment").symlink_to(THIS.parent.parent)
    monkeypatch.chdir(tmp_path)
    named = Path("environment", THIS.parent.name, THIS.name)
    with opened_interpreter(named, GUEST) as found:
        assert found.program == tmp_path / named


def test_a_part_that_does_not_run_there_is_said() -> None:
    error = refused(THIS, Guest("greenshift.no_such_part", (), "it cannot be watched", "Python 3.11"))
    assert error.problem.startswith(f"it cannot be watched in {THIS} (Python {sys.version.split()[0]}): ModuleNotFound")
    assert error.fix == "it needs Python 3.11 there; or name another with --python"
    error = refused(THIS, Guest("greenshift.no_such_part", ("nowhere",), "", "", required=("nowhere",)))
    assert error.problem == f"{THIS} has no nowhere"
    assert error.fix.startswith("pip install nowhere into it")


def test_the_tree_comes_before_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.setenv("PYTHONPATH", "/given")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    one = Interpreter(THIS, frozenset(), "3.12", "2.0", ("/lent",), {"FIXED": "1", "BOTH": "1"})
    environment = one.environment(tmp_path, {"BOTH": "2"})
    expected = [str(tmp_path), str(tmp_path / "src"), "/lent", "/given"]
    assert environment["PYTHONPATH"].split(os.pathsep) == expected
    assert (environment["FIXED"], environment["BOTH"]) == ("1", "2")
    assert "PYTEST_XDIST_WORKER" not in environment
