"""The command: what it prints and writes, its proof, its exit codes, and the way back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECTS = Path(__file__).parents[1] / "docs" / "projects"


def init(folder: Path, *arguments: str, command: str = "init") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GREENSHIFT_"))}
    return subprocess.run(
        [sys.executable, "-m", "greenshift", command, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {".greenshift", "__pycache__"}.intersection(path.parts)
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECTS / "from_conftest", tmp_path / "library")
    (tmp_path / "library" / "tests" / "conftest.py").unlink()
    return tmp_path / "library"


def test_without_write_it_only_shows(project: Path) -> None:
    before = files(project)
    done = init(project)
    assert done.returncode == 0, done.stderr
    assert '+metadata = "app.models:Base"' in done.stdout
    assert "DATABASE_URL  (app/database.py:7)" in done.stderr
    assert "would write pyproject.toml" in done.stderr
    assert files(project) == before


def test_write_proves_it_and_rollback_takes_it_back(project: Path) -> None:
    before = files(project)
    done = init(project, "--write", "--with-test")
    assert done.returncode == 0, done.stderr
    for part in ("the tables are there", "own engine commits to the test's database", "the application answers"):
        assert part in done.stderr
    assert done.stderr.count("passed:") == 3
    assert set(files(project)) - set(before) == {"tests/test_greenshift.py"}
    again = init(project, "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["files"] == []
    assert init(project, command="rollback").returncode == 0
    assert files(project) == before


def test_the_temporary_test_is_gone_and_json_says_all(project: Path) -> None:
    done = init(project, "--write", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert said["written"] is True
    assert said["proof"]["failed"] == []
    assert len(said["proof"]["passed"]) == 3
    assert said["table"]["env"] == ["DATABASE_URL"]
    assert sorted(path.name for path in (project / "tests").glob("*.py")) == ["test_api.py", "test_books.py"]


def test_an_engine_elsewhere_fails_the_proof(project: Path) -> None:
    database = project / "app" / "database.py"
    database.write_text(
        database.read_text().replace(
            'create_engine(os.environ["DATABASE_URL"])',
            'create_engine(os.environ["DATABASE_URL"] and "postgresql+psycopg://u:secret@127.0.0.1:1/x")',
        )
    )
    done = init(project, "--write")
    assert done.returncode == 1
    assert "not sure" in done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_a_commit_that_cannot_be_tried_is_told(project: Path) -> None:
    (project / "app" / "database.py").write_text(
        "import os\nfrom functools import cache\n\nfrom sqlalchemy import create_engine\n"
        "from sqlalchemy.orm import Session\n\n\n@cache\ndef engine():\n"
        '    return create_engine(os.environ["DATABASE_URL"])\n\n\n'
        "def get_db():\n    with Session(engine()) as session:\n        yield session\n"
    )
    done = init(project)
    assert done.returncode == 0, done.stderr
    assert "the proof does not try a commit" in done.stderr


def test_a_conftest_in_the_way_is_named(project: Path) -> None:
    (project / "tests" / "conftest.py").write_text(
        "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef server():\n    raise RuntimeError('no docker here')\n"
    )
    done = init(project, "--write")
    assert done.returncode == 1
    assert "FAILED" in done.stderr
    assert "no docker here" in done.stderr
    assert "without your conftest.py it works" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_without_a_value_are_set_in_conftest(project: Path) -> None:
    (project / "app" / "settings.py").write_text(
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    secret_key: str\n\n\n"
        "settings = Settings()\n"
    )
    main = project / "app" / "main.py"
    main.write_text("from app.settings import settings\n" + main.read_text())
    done = init(project, "--write")
    assert done.returncode == 0, done.stderr
    assert 'os.environ.setdefault("SECRET_KEY", "for-tests")' in (project / "tests" / "conftest.py").read_text()


def test_a_python_without_greenshift_is_told(project: Path) -> None:
    done = init(project, "--write", "--python", "/usr/bin/env")
    assert done.returncode == 1
    assert "-m pip install 'greenshift[http]'" in done.stderr


def test_uncommitted_changes_are_not_written_over(project: Path) -> None:
    for arguments in (
        ["init", "-q"],
        ["add", "pyproject.toml"],
        ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *arguments], cwd=project, check=True, capture_output=True)
    with (project / "pyproject.toml").open("a") as file:
        file.write("# mine\n")
    done = init(project, "--write", "--no-proof")
    assert done.returncode == 2
    assert "--allow-dirty" in done.stderr
    done = init(project, "--write", "--no-proof", "--allow-dirty")
    assert done.returncode == 0
    assert "not proved: --no-proof" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere is no folder"),
        (["--from", "docker"], "no such choice"),
        (["--python", "no/python"], "does not exist"),
    ],
)
def test_wrong_use_is_two_lines(project: Path, arguments: list[str], said: str) -> None:
    done = init(project, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2
