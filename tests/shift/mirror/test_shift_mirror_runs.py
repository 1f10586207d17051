"""``greenshift mirror`` as users run it; the mirrors are run by pytest on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mirror_samples import PYPROJECT, SHOP

from greenshift.cli import main
from greenshift.postgres import ServerSettings, open_server

COMMAND = Path(sys.executable).with_name("greenshift")
RECORDS = Path(__file__).parents[3] / "examples" / "records"
SOURCE = "tests/test_shop.py"
MIRROR = "tests/test_async_shop.py"
AUTO = (
    'asyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "session"\n'
    'asyncio_default_test_loop_scope = "session"\n'
)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    server = open_server(ServerSettings(provider="embedded"))
    yield server.url()
    server.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for file, text in {**SHOP, "pyproject.toml": PYPROJECT}.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "GREENSHIFT"))}
    return {**kept, **more}


@dataclass
class Done:
    stdout: str
    stderr: str


def mirror(project: Path, *arguments: str, code: int = 0) -> Done:
    """Run the command as the console script does."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(project),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", ["greenshift", "mirror", *arguments])
        main()
    said = Done(out.getvalue(), err.getvalue())
    assert (ended.value.code or 0) == code, f"{said}"
    return said


def run_tests(project: Path, url: str, *tests: str) -> dict[str, str]:
    """Run tests and return each one's outcome."""
    command = [sys.executable, "-m", "pytest", "-v", "-p", "pytest_asyncio.plugin", "-p", "greenshift.testing.plugin"]
    command += ["-p", "no:cacheprovider", "-W", "error::RuntimeWarning", *tests]
    more = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "GREENSHIFT_DATABASE_URL": url}
    done = subprocess.run(
        command, cwd=project, env=environment(**more), capture_output=True, text=True, check=False, timeout=100
    )
    found = dict(re.findall(r"::(\S+) (PASSED|FAILED|ERROR)", done.stdout))
    assert found, done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("settings", ["", AUTO], ids=["marks", "auto"])
def test_a_mirror_passes_where_its_source_does(project: Path, server_url: str, settings: str) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + settings)
    done = mirror(project, SOURCE)
    assert done.stderr == f"{MIRROR}: written, 5 tests\n"
    assert ("pytest.mark.asyncio" in (project / MIRROR).read_text()) is not bool(settings)
    assert run_tests(project, server_url, MIRROR) == dict.fromkeys(
        [
            "test_async_crud",
            "test_async_own_session[ada]",
            "test_async_own_session[bob]",
            "TestAsyncRelations::test_async_lazy",
            "TestAsyncRelations::test_async_duplicate",
            "test_async_application",
        ],
        "PASSED",
    )
    mirror(project, SOURCE, "--check")


def test_a_fault_in_the_source_is_one_in_the_mirror(project: Path, server_url: str) -> None:
    path = project / SOURCE
    path.write_text(path.read_text().replace("assert count(db_session) == 0", "assert count(db_session) == 1"))
    mirror(project, SOURCE)
    with pytest.raises(AssertionError, match="1 failed, 5 passed"):
        run_tests(project, server_url, MIRROR)


def test_an_update_after_a_change_and_what_check_says_before(project: Path, server_url: str) -> None:
    mirror(project, SOURCE)
    path, own = project / SOURCE, project / MIRROR
    own.write_text(own.read_text() + "\n\ndef test_mine( ): pass   # mine\n")
    text = path.read_text().replace("assert user.id is not None", "assert user.id > 0")
    text = text.replace(
        "def test_pure", "def test_more(session):\n    assert session.get(User, 7) is None\n\n\ndef test_pure"
    )
    path.write_text(text.replace("    def test_duplicate", "    def check_duplicate"))
    done = mirror(project, SOURCE, "--check", code=1)
    lines = own.read_text().splitlines()
    at = {name: 1 + next(i for i, line in enumerate(lines) if f"def {name}" in line) for name in ("test_async_crud",)}
    assert f"{MIRROR}:{at['test_async_crud'] - 1}: test_async_crud: its source has changed\n" in done.stdout
    assert f"{MIRROR}: test_async_more: has no mirror yet\n" in done.stdout
    assert "TestAsyncRelations.test_async_duplicate: its source is gone" in done.stdout
    assert own.read_text().splitlines() == lines
    mirror(project, SOURCE)
    assert own.read_text().endswith("\n\ndef test_mine( ): pass   # mine\n")
    outcomes = run_tests(project, server_url, MIRROR)
    assert {"test_async_more", "test_mine", "test_async_crud"} <= set(outcomes)
    assert "TestAsyncRelations::test_async_duplicate" not in outcomes
    assert mirror(project, SOURCE, "--check").stdout == ""


def test_a_hand_edit_is_kept_and_reported_until_it_is_forced(project: Path) -> None:
    mirror(project, SOURCE)
    path, own = project / SOURCE, project / MIRROR
    own.write_text(own.read_text().replace("assert user.id is not None", "assert user.id"))
    mirror(project, SOURCE, "--check")
    path.write_text(path.read_text().replace("assert user.id is not None", "assert user.id > 0"))
    for arguments, code in ((["--check"], 1), ([], 0)):
        assert "edited by hand: it is kept" in mirror(project, SOURCE, *arguments, code=code).stdout
        assert "    assert user.id\n" in own.read_text()
    mirror(project, SOURCE, "--force")
    assert "    assert user.id > 0\n" in own.read_text()
    mirror(project, SOURCE, "--check")


def test_a_change_of_what_a_test_uses_is_seen(project: Path) -> None:
    mirror(project, SOURCE)
    conftest = project / "tests/conftest.py"
    conftest.write_text(conftest.read_text().replace('"ada"', '"eve"'))
    assert "user: its source has changed" in mirror(project, SOURCE, "--check", code=1).stdout


def test_diff_writes_nothing_and_rollback_undoes(project: Path) -> None:
    done = mirror(project, SOURCE, "--diff")
    assert "+async def test_async_crud(async_db_session):" in done.stdout
    assert not (project / MIRROR).exists()
    mirror(project, SOURCE)
    before = (project / MIRROR).read_bytes()
    path = project / SOURCE
    path.write_text(path.read_text().replace("is not None", "is not 0"))
    mirror(project, SOURCE)
    assert (project / MIRROR).read_bytes() != before
    subprocess.run([COMMAND, "rollback"], cwd=project, env=environment(), check=True, capture_output=True)
    assert (project / MIRROR).read_bytes() == before
    subprocess.run([COMMAND, "rollback"], cwd=project, env=environment(), check=True, capture_output=True)
    assert not (project / MIRROR).exists()


def test_check_where_there_is_no_mirror_and_another_name(project: Path) -> None:
    assert mirror(project, SOURCE, "--check", code=1).stdout == f"{SOURCE} has no mirror: greenshift mirror {SOURCE}\n"
    mirror(project, SOURCE, "--output", "tests/async_ones.py")
    assert "test_async_crud" in (project / "tests/async_ones.py").read_text()


def test_settings_in_the_tests_folder_do_not_hide_the_application(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    (project / "tests" / "pytest.ini").write_text("[pytest]\n" + AUTO.replace('"', ""))
    assert mirror(project, SOURCE).stderr == f"{MIRROR}: written, 5 tests\n"
    text = (project / MIRROR).read_text()
    assert "find_user(async_db_session.sync_session" in text
    assert "pytest.mark.asyncio" not in text


def test_json_and_what_is_left_out(project: Path) -> None:
    path = project / SOURCE
    text = path.read_text()
    path.write_text(
        text + "\n\ndef test_bad(db_session):\n    def find(one=db_session.get(User, 1)):\n        return one\n\n"
        "    find()\n"
    )
    [made] = json.loads(mirror(project, SOURCE, "--json").stdout)
    assert (made["mirror"], made["written"], made["differences"]) == (MIRROR, True, [])
    assert made["tests"] + len(made["not_mirrored"]) == 6


@pytest.mark.parametrize("more", [[], ["--json"], ["--check"]], ids=["written", "json", "check"])
def test_a_file_without_a_mirror_does_not_stop_the_others(project: Path, more: list[str]) -> None:
    if "--check" in more:
        mirror(project, SOURCE)
    (project / "tests/test_broken.py").write_text("def (\n")
    done = mirror(project, "tests/test_none.py", SOURCE, "tests/test_broken.py", *more, code=2)
    assert (project / MIRROR).is_file()
    errors = [line for line in done.stderr.splitlines() if line.startswith(("error: ", "fix: "))]
    assert errors == [
        f"error: {project / 'tests/test_none.py'} is no file",
        "fix: name a file of tests: greenshift mirror tests/test_postgres.py",
        "error: tests/test_broken.py does not parse (line 1)",
        "fix: correct it first",
    ]
    if "--json" in more:
        made, *lost = json.loads(done.stdout)
        assert (made["mirror"], made["written"]) == (MIRROR, True)
        assert [(one["source"], one["error"], one["fix"]) for one in lost] == [
            ("tests/test_none.py", errors[0].removeprefix("error: "), errors[1].removeprefix("fix: ")),
            ("tests/test_broken.py", errors[2].removeprefix("error: "), errors[3].removeprefix("fix: ")),
        ]


RECORD_NAMES = """
[tool.greenshift.mirror]
awaited = ["records.LazyAttribute"]

[tool.greenshift.mirror.names]
"blog.models" = "blog.async_models"
BlogModel = "AsyncBlogModel"
Post = "AsyncPost"
Role = "AsyncRole"
User = "AsyncUser"
UserRole = "AsyncUserRole"
"records.DatabaseManager" = "records.AsyncDatabaseManager"
"""


def test_the_mirror_of_tests_of_active_records(tmp_path: Path, server_url: str) -> None:
    project = tmp_path / "records"
    shutil.copytree(RECORDS, project, ignore=shutil.ignore_patterns("__pycache__", "test_async_*", ".*"))
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().partition("[tool.greenshift.mirror")[0] + RECORD_NAMES)
    source = project / "tests" / "test_postgres.py"
    names = re.findall(r"^def test_(\w+)", source.read_text(), re.MULTILINE)
    done = mirror(project, "tests/test_postgres.py")
    assert done.stderr == f"tests/test_async_postgres.py: written, {len(names)} tests\n"
    text = (project / "tests/test_async_postgres.py").read_text()
    assert "AsyncIterator[AsyncDatabaseManager]" in text
    outcomes = run_tests(project, server_url, "tests/test_async_postgres.py")
    assert outcomes == {f"test_async_{name}": "PASSED" for name in names}
    # With the fixture that is there already, which is not copied then.
    settings.write_text(settings.read_text() + 'database = "async_database"\n')
    done = mirror(project, "tests/test_postgres.py")
    text = (project / "tests/test_async_postgres.py").read_text()
    assert "def database(" not in text
    assert run_tests(project, server_url, "tests/test_async_postgres.py") == outcomes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tests/test_none.py"], "is no file"),
        (["shop/models.py"], "is no Python file of tests"),
        (["tests/test_broken.py"], "does not parse (line 1)"),
        (["tests/test_plain.py"], "no sync test of tests/test_plain.py uses a database session"),
        ([SOURCE, "--output", SOURCE], "cannot be the mirror"),
        ([SOURCE, "--output", "/tmp/test_x.py"], "cannot be the mirror"),
        ([SOURCE, "tests/test_plain.py", "--output", "tests/x.py"], "--output names the mirror of one file"),
        ([SOURCE, "--check", "--force"], "choose one of them"),
    ],
)
def test_wrong_use_is_one_line(project: Path, arguments: list[str], said: str) -> None:
    (project / "tests/test_broken.py").write_text("def (\n")
    (project / "tests/test_plain.py").write_text("def test_it():\n    assert 1\n")
    done = mirror(project, *arguments, code=2)
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Traceback" not in done.stderr


def test_a_broken_mirror_and_a_mirror_of_a_mirror(project: Path) -> None:
    mirror(project, SOURCE)
    assert "is a mirror itself" in mirror(project, MIRROR, code=2).stderr
    (project / MIRROR).write_text("def (\n")
    assert "does not parse (line 1)" in mirror(project, SOURCE, code=2).stderr
    (project / "pyproject.toml").write_text(PYPROJECT.replace("metadata", "mirror = { nmaes = {} }\nmetadata"))
    assert "did you mean 'names'" in mirror(project, SOURCE, code=2).stderr
