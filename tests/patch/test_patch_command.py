"""``greenshift rollback`` as a command."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from greenshift.patch import Change, ChangeSet, PatchError
from greenshift.patch.command import rollback_command

app = typer.Typer()
app.command()(rollback_command)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, PatchError):
        return 2, str(result.exception)
    assert result.exception is None or result.exit_code, result.exception
    return result.exit_code, result.output


def test_taken_back_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    done = ChangeSet(tmp_path, [Change("a.py", b"1", b"2")]).apply()
    code, output = run(str(tmp_path), "--list")
    assert (code, output) == (0, f"{done.id}  shift       1 file\n")
    (tmp_path / "a.py").write_bytes(b"mine")
    assert run(str(tmp_path))[0] == 2
    code, output = run(str(tmp_path), "--force")
    assert code == 0
    assert "your version: " in output
    assert output.endswith(f"taken back: shift {done.id}; 1 file holds again what was there before\n")
    assert run(str(tmp_path))[0] == 2


def test_for_a_machine(tmp_path: Path) -> None:
    done = ChangeSet(tmp_path, [Change("a.py", None, b"2")]).apply(label="heal")
    listed = json.loads(run(str(tmp_path), "--list", "--json")[1])
    assert [(one["id"], one["label"], one["files"]) for one in listed] == [(done.id, "heal", ["a.py"])]
    said = json.loads(run(str(tmp_path), "--json")[1])
    assert said == {"id": done.id, "label": "heal", "files": ["a.py"], "kept": {}}
    assert json.loads(run(str(tmp_path), "--list", "--json")[1]) == []
