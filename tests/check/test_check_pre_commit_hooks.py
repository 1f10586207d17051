"""The hooks for pre-commit run commands that there are, and do what their names say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
DATABASE = """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine("postgresql+asyncpg://localhost/shop", poolclass=QueuePool, pool_pre_ping=True)
"""


def _hooks() -> dict[str, dict[str, str]]:
    """Return the hooks' settings by their ids; all are on one line each."""
    hooks: dict[str, dict[str, str]] = {}
    for block in re.split(r"^- ", HOOKS.read_text(), flags=re.MULTILINE)[1:]:
        settings = dict(line.strip().split(": ", 1) for line in block.splitlines())
        hooks[settings["id"]] = settings
    return hooks


def _run(hook: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(_hooks()[hook]["entry"])
    assert program == "greenshift"
    return subprocess.run(
        [sys.executable, "-m", program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "database.py").write_text(DATABASE)
    return tmp_path


def test_there_are_two_hooks_that_look_at_the_whole_project() -> None:
    hooks = _hooks()
    assert set(hooks) == {"greenshift-check", "greenshift-check-fix"}
    for settings in hooks.values():
        assert settings["language"] == "python"
        assert settings["types"] == "[python]"
        assert settings["pass_filenames"] == "false"
        assert settings["name"] == settings["entry"]


def test_the_one_hook_reports_and_changes_nothing(folder: Path) -> None:
    done = _run("greenshift-check", folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "GS101" in done.stdout
    assert (folder / "database.py").read_text() == DATABASE


def test_the_other_hook_mends(folder: Path) -> None:
    done = _run("greenshift-check-fix", folder)
    assert "Traceback" not in done.stderr
    assert (folder / "database.py").read_text() == DATABASE.replace("poolclass=QueuePool, ", "")
