"""All project files of an application at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from shift.settings.samples import EVERYTHING, TESTS

from greenshift.patch import ChangeSet
from greenshift.shift.settings import SettingsFacts, settings_changes

FILES = {
    "requirements/base.txt": "fastapi\nsqlalchemy==2.0.36\npsycopg2\n",
    "requirements/dev.txt": "-r base.txt\n-r test.txt\nruff\n",
    "requirements/test.txt": "-r ./base.txt\npytest\n",
    "requirements/constraints.txt": "pytest==7.4\n",
    ".env.example": "DATABASE_URL=postgresql://u:p@h/d\n",
    ".github/workflows/test.yml": "env:\n  DATABASE_URL: postgresql://u:p@h/d\n",
    "docker-compose.yml": "services:\n  web:\n    build: .\n    environment:\n      DATABASE_URL: postgresql://u:p@h/d\n",
    "alembic.ini": "[alembic]\nsqlalchemy.url = postgresql://u:p@h/d\n",
    "setup.cfg": "[tool:pytest]\naddopts = -q\n",
    "venv/pyvenv.cfg": "",
    "venv/requirements.txt": "sqlalchemy\n",
    "node_modules/x/requirements.txt": "sqlalchemy\n",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode())


def shifted(root: Path, facts: SettingsFacts) -> dict[str, str]:
    """The files that change; applied, and a second time nothing changes."""
    changes, _ = settings_changes(root, facts)
    ChangeSet(root, changes).apply()
    assert settings_changes(root, facts)[0] == []
    return {one.path: (one.new or b"").decode() for one in changes}


def test_a_whole_application(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    notes = settings_changes(tmp_path, EVERYTHING)[1]
    changed = shifted(tmp_path, EVERYTHING)
    assert changed == {
        "requirements/base.txt": "fastapi\nsqlalchemy[asyncio]==2.0.36\ngreenlet>=3\naiosqlite>=0.20,<0.22\n"
        "psycopg2\nasyncpg>=0.29\n",
        "requirements/test.txt": "-r ./base.txt\npytest\npytest-asyncio>=1.0\nhttpx>=0.27\n",
        "requirements/constraints.txt": "pytest>=8.2\n",
        ".env.example": "DATABASE_URL=postgresql+asyncpg://u:p@h/d\n",
        ".github/workflows/test.yml": FILES[".github/workflows/test.yml"].replace("postgresql:", "postgresql+asyncpg:"),
        "docker-compose.yml": FILES["docker-compose.yml"].replace("postgresql:", "postgresql+asyncpg:"),
        "setup.cfg": "[tool:pytest]\naddopts = -q\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n",
    }
    assert [str(one) for one in notes if one.file == "alembic.ini"] == [
        "alembic.ini: left as it is: Alembic stays synchronous, with the old driver"
    ]


def test_nothing_at_all(tmp_path: Path) -> None:
    changes, notes = settings_changes(tmp_path, SettingsFacts(uses_sqlite=True))
    assert changes == []
    needed = "sqlalchemy[asyncio] and greenlet>=3, aiosqlite>=0.20"
    assert str(notes[0]) == f".: no file lists SQLAlchemy: install {needed} where it comes from"


def test_pytests_settings_are_made_where_there_are_none(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "sqlalchemy\npytest\n"})
    assert shifted(tmp_path, TESTS)["pytest.ini"].startswith("[pytest]\nasyncio_mode = auto\n")


def test_pytests_settings_above_the_folder_are_said(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "[pytest]\n", "backend/requirements.txt": "sqlalchemy\n"})
    changes, notes = settings_changes(tmp_path / "backend", TESTS)
    assert [one.path for one in changes] == ["requirements.txt"]
    assert any(one.file == "../pytest.ini" and "asyncio_mode = auto" in one.text for one in notes)


def test_other_programs_of_the_repository_are_left(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "api/requirements.txt": "sqlalchemy\npytest\n",
            "tool/requirements.txt": "click\npytest\n",
            "requirements.txt": "pytest\n",
        },
    )
    assert set(shifted(tmp_path, TESTS)) == {"api/requirements.txt", "requirements.txt", "pytest.ini"}


def test_locks_and_files_that_are_not_changed_are_said(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[project]\ndependencies = ["sqlalchemy"]\n',
            "uv.lock": "",
            "setup.py": "setup(install_requires=['SQLAlchemy'])\n",
        },
    )
    notes = settings_changes(tmp_path, EVERYTHING)[1]
    assert {one.file for one in notes} == {"uv.lock", "setup.py"}


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"\xef\xbb\xbfsqlalchemy\r\n"])
def test_bytes_stay(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "requirements.txt").write_bytes(content)
    changes, _ = settings_changes(tmp_path, SettingsFacts())
    if content.startswith(b"\xff"):
        assert changes == []
    else:
        assert changes[0].new == b"\xef\xbb\xbfsqlalchemy[asyncio]\r\ngreenlet>=3\r\n"


def test_files_that_include_each_other(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "-r requirements-dev.txt\nsqlalchemy\n",
            "requirements-dev.txt": "-r requirements.txt\npytest\n",
        },
    )
    assert "pytest-asyncio>=1.0" in shifted(tmp_path, TESTS)["requirements-dev.txt"]


def test_programs_of_their_own_below_the_application_are_left(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[project]\ndependencies = ["sqlalchemy"]\n',
            "modules/job/pyproject.toml": "[project]\n[dependency-groups]\ndev = ['pytest']\n",
            "modules/job/requirements.txt": "pytest\n",
            "docker/requirements.txt": "pytest\n",
        },
    )
    assert set(shifted(tmp_path, TESTS)) == {"pyproject.toml", "docker/requirements.txt", "pytest.ini"}


def test_pytests_settings_go_into_the_folder_that_holds_the_tests(tmp_path: Path) -> None:
    write(tmp_path, {"src/requirements.txt": "sqlalchemy\npytest\n", "src/tests/test_api.py": ""})
    assert "src/pytest.ini" in shifted(tmp_path, TESTS)


def test_a_client_that_is_old_enough_is_not_raised(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "sqlalchemy\npytest\nhttpx==0.23.1\n"})
    assert "httpx==0.23.1\n" in shifted(tmp_path, TESTS)["requirements.txt"]
