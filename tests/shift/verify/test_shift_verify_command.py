"""``greenshift verify`` and ``verify()`` as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from twins import ASYNC, SYNC, Change, write

from greenshift.application.errors import ApplicationError
from greenshift.config import Config
from greenshift.shift.verify import verify
from greenshift.shift.verify.running.databases import choose
from greenshift.shift.verify.running.interpreter import opened
from greenshift.shift.verify.running.pytest_run import Progress

SMALL: Change = ("tests/test_services.py", "def test_summary", "def not_test_summary")


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "greenshift", "verify", *arguments]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def test_proved_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Here with all plugins that are installed.
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.delenv("PYTEST_PLUGINS")
    write(tmp_path, SYNC)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=n", "-c", "user.email=e@e", "commit", "-qm", "a"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    write(tmp_path, ASYNC)
    page = tmp_path / "verdict.html"
    chosen = ("--database", "sqlite", "--no-walk", "--html", str(page))
    done = run(".", "tests/test_services.py::test_adding", *chosen, cwd=tmp_path)
    assert '<p class="answer">proved</p>' in page.read_text()
    assert (done.returncode, done.stderr) == (0, "tests before ...\ntests after ...\n")
    first, *lines = done.stdout.splitlines()
    assert first == "proved: every test that passed before passes, and the same SQL is sent"
    assert lines[0].startswith("  before  1 passed; ")
    assert "(pysqlite)" in lines[0]
    assert "(aiosqlite)" in lines[1]
    assert "\x1b" not in done.stdout
    assert not (tmp_path / ".git" / "worktrees").exists()


UNSTEADY = """
import os
from pathlib import Path
from shop import services

def {name}(db):
    runs = Path(os.environ["RUNS"], "{name}")
    with runs.open("a") as file:
        file.write("x")
    for _ in range({times}):
        services.count_books(db)
"""


def test_what_sends_other_sql_in_each_run_before_is_excused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS", str(tmp_path))
    sync = {
        "tests/test_unsteady.py": UNSTEADY.format(name="test_unsteady", times="len(runs.read_text())")
        + UNSTEADY.format(name="test_steady", times="1")
    }
    twin = {
        "tests/test_unsteady.py": sync["tests/test_unsteady.py"]
        .replace("range(1)", "range(2)")
        .replace("def ", "async def ")
        .replace("services.count", "await services.count")
    }
    before = write(tmp_path / "before", SYNC | sync)
    after = write(tmp_path / "after", ASYNC | twin)
    done = run(
        str(after), "tests/test_unsteady.py", "--before", str(before), "--database", "sqlite", "--no-walk", "--json"
    )
    found = json.loads(done.stdout)
    assert {one["test"] for one in found["differences"]} == {"tests/test_unsteady.py::test_steady"}
    assert (tmp_path / "test_unsteady").read_text() == "x" * 4
    assert found["remarks"] == [
        "1 test sends other SQL in each run, and only the outcome is compared: tests/test_unsteady.py::test_unsteady"
    ]


def test_differs_with_everything_in_json(tmp_path: Path) -> None:
    before = write(tmp_path / "before", SYNC)
    after = write(
        tmp_path / "after",
        ASYNC,
        ("shop/services.py", "    author.name = name\n    await db.", "    author.name = name\n    db."),
    )
    test = "tests/test_services.py::test_renaming"
    options = ["--before", str(before), "--database", "sqlite", "--no-walk"]
    done = run(str(after), test, *options, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["answer"] == "differs"
    assert found["differences"][0]["kind"] == "unawaited coroutine"
    assert found["differences"][0]["after"]["at"] == {"file": "shop/services.py", "line": 41, "function": "rename"}
    done = run(str(after), test, *options)
    assert done.returncode == 1
    text = done.stdout.splitlines()
    assert text[0] == "differs: the application does not do what it did before (3 differences)"
    assert "            shop/services.py:41 in rename" in text
    assert text[-2].startswith(
        "  look at coroutines that nobody awaited: 1, first tests/test_services.py::test_renaming"
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({"test_a.py": "def test_a():\n    pass\n"}, "the tests sent no SQL", id="no SQL"),
        pytest.param({"a.py": ""}, "no test ran before", id="no test"),
        pytest.param({"test_a.py": "def test_a():\n    assert 0\n"}, "no test passed before", id="all fail"),
        pytest.param({"test_a.py": "import nothing_there\n"}, "no test ran before", id="no import"),
    ],
)
def test_cannot_tell(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    verdict = verify(after, before=before, walk=False)
    assert verdict.answer == "cannot tell"
    assert verdict.exit_code == 1
    assert verdict.look_at[0].startswith(reason)


def test_an_application_imported_from_the_other_tree_is_noticed(tmp_path: Path) -> None:
    after = write(tmp_path / "after", SYNC)
    before = write(
        tmp_path / "before",
        SYNC,
        ("tests/conftest.py", "import pytest\n", f"import sys\nsys.path.insert(0, {str(after)!r})\nimport pytest\n"),
    )
    verdict = verify(after, before=before, tests=["tests/test_services.py"], database="own", walk=False)
    assert verdict.answer == "cannot tell"
    assert "from the other tree" in verdict.look_at[0]


def test_the_progress_is_told(tmp_path: Path) -> None:
    seen: list[Progress] = []
    files = {"test_a.py": "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n"}
    verify(write(tmp_path / "a", files), before=write(tmp_path / "b", files), walk=False, progress=seen.append)
    assert {one.step for one in seen} == {"before", "after"}
    assert (seen[-1].done, seen[-1].total) == (2, 2)


def test_a_test_that_hangs_after_is_ended_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenshift.shift.verify.verification._AT_LEAST", 6.0)
    monkeypatch.setattr("greenshift.shift.verify.verification._PATIENCE", 0)
    text = "import time\nfrom sqlalchemy import create_engine, text\n\n\ndef test_a():\n    time.sleep(WAIT)\n"
    before = write(tmp_path / "b", {"test_a.py": text.replace("WAIT", "0")})
    after = write(tmp_path / "a", {"test_a.py": text.replace("WAIT", "600")})
    verdict = verify(after, before=before, walk=False)
    (difference,) = verdict.differences
    assert difference.message == "passed before, not finished after"


def test_wrong_use(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("error: ")
    assert done.stderr.splitlines()[1].startswith("fix: ")
    done = run(str(tmp_path), "--before", str(tmp_path), "--header", "nonsense")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: 'nonsense' is no header")
    write(tmp_path, {"test_a.py": "def test_a():\n    pass\n"})
    done = run(str(tmp_path), "--before", str(tmp_path), "--no-walk", "--pytest=--no-such-option")
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
    done = run(str(tmp_path), "--before", str(tmp_path), "--python", "/nowhere/python")
    assert done.returncode == 2
    assert "/nowhere/python is no Python" in done.stderr


def test_an_interpreter_without_greenshift_is_lent_it(tmp_path: Path) -> None:
    """An environment that has the application's libraries only: what the recorder needs is put on its path."""
    site = tmp_path / "site"
    site.mkdir()
    packages = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for name in (
        "sqlalchemy",
        "greenlet",
        "pytest",
        "py.py",
        "_pytest",
        "pluggy",
        "iniconfig",
        "packaging",
        "pygments",
        "typing_extensions.py",
    ):
        (site / name).symlink_to(packages / name)
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{site}" exec {sys.executable} -S "$@"\n')
    program.chmod(0o755)
    with opened(program) as found:
        assert len(found.search_path) == 1
        assert "greenshift" not in os.environ.get("PYTHONPATH", "")
        assert found.packages == {"pytest", "greenshift"}
    (site / "pytest").unlink()
    with pytest.raises(ApplicationError, match="No module named 'pytest'"), opened(program):
        pass


def test_the_choice_of_a_database(tmp_path: Path) -> None:
    def chosen(files: dict[str, str], environ: dict[str, str] | None = None, config: Config | None = None) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return choose("auto", write(folder, files), config or Config(), environ or {})

    app = {"app.py": 'url = os.environ.get("DATABASE_URL", "postgresql://localhost/app")\n'}
    assert chosen(app) == "postgresql"
    assert chosen({"app.py": 'url = os.environ.get("DATABASE_URL", "sqlite:///x.db")\n'}) == "own"
    assert chosen({"app.py": 'url = "postgresql://localhost/app"\n'}) == "own"
    assert chosen({**app, "tests/conftest.py": 'create_engine("sqlite://")\n'}) == "own"
    assert chosen({**app, "conftest.py": 'os.environ["DATABASE_URL"] = x\n'}) == "own"
    assert chosen({**app, "conftest.py": 'os.environ["OTHER"] = x\n'}) == "postgresql"
    assert chosen(app, {"DATABASE_URL": "sqlite:///y.db"}) == "sqlite"
    assert chosen(app, config=Config(configured=True, metadata=("app:Base",))) == "greenshift"
    assert choose("own", tmp_path, Config()) == "own"
