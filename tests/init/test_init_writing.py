"""The files that are written keep what stands in them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from greenshift.config import load_config
from greenshift.init.errors import InitError
from greenshift.init.writing import Files, write_pythonpath, write_table, write_variables
from greenshift.patch import ChangeSet

TABLE = {"metadata": "app:Base", "env": {"HOST": "{host}", "URL": "psycopg"}, "driver": "psycopg"}


def written(folder: Path, files: Files) -> None:
    ChangeSet(folder, files.changes()).apply(journal=False)


def test_a_new_file_is_one_that_greenshift_reads(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert write_table(files, TABLE) == []
    written(tmp_path, files)
    config = load_config(tmp_path, {})
    assert config.metadata == ("app:Base",)
    assert config.env == {"HOST": "{host}", "URL": "psycopg"}


def test_comments_and_line_ends_stay(tmp_path: Path) -> None:
    before = '# mine\r\n[project]\r\nname = "x"   # the name\r\n\r\n[tool.ruff]\r\nline-length = 99'
    (tmp_path / "pyproject.toml").write_bytes(before.encode())
    files = Files(tmp_path)
    write_table(files, TABLE)
    written(tmp_path, files)
    after = (tmp_path / "pyproject.toml").read_bytes().decode()
    assert after.startswith(before)
    assert "\n" not in after.replace("\r\n", "")
    assert tomllib.loads(after)["tool"]["greenshift"]["driver"] == "psycopg"


def test_what_is_said_already_is_kept_and_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.greenshift]\nalembic = "alembic.ini" # ours\ndriver = "asyncpg"\n')
    files = Files(tmp_path)
    assert write_table(files, TABLE) == ["driver"]
    text = files.text("pyproject.toml") or ""
    assert 'alembic = "alembic.ini" # ours' in text
    assert tomllib.loads(text)["tool"]["greenshift"] == {
        "alembic": "alembic.ini",
        "driver": "asyncpg",
        "env": {"HOST": "{host}", "URL": "psycopg"},
    }


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    with pytest.raises(InitError) as raised:
        write_table(Files(tmp_path), TABLE)
    assert "no TOML" in raised.value.problem


def test_an_inline_table_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("tool = { x = { y = 1 } }\n")
    files = Files(tmp_path)
    with pytest.raises(InitError):
        write_table(files, TABLE)
    assert files.text("pyproject.toml") == "tool = { x = { y = 1 } }\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\n# mine\naddopts = -q\n", "[pytest]\n# mine\naddopts = -q\npythonpath = .\n"),
        ("pytest.ini", "[pytest]\npythonpath = src\n", "[pytest]\npythonpath = src .\n"),
        ("setup.cfg", "[tool:pytest]\n[flake8]\nx = 1\n", "[tool:pytest]\npythonpath = .\n[flake8]\nx = 1\n"),
        ("tox.ini", "[pytest]\naddopts = -q\n", "[pytest]\naddopts = -q\npythonpath = .\n"),
    ],
)
def test_pytest_is_told_where_to_import_from(tmp_path: Path, name: str, before: str, after: str) -> None:
    (tmp_path / name).write_text(before)
    files = Files(tmp_path)
    assert write_pythonpath(files, name, ".") == name
    assert files.text(name) == after


@pytest.mark.parametrize(
    "before",
    [
        "",
        "[project]\nname = 'x'\n",
        "[tool.pytest.ini_options]\naddopts = '-q'\n",
        "[tool.pytest]\naddopts = ['-q']\n",
    ],
)
def test_pytest_is_told_in_toml(tmp_path: Path, before: str) -> None:
    (tmp_path / "pyproject.toml").write_text(before)
    files = Files(tmp_path)
    write_pythonpath(files, "pyproject.toml" if before else None, "src")
    table = tomllib.loads(files.text("pyproject.toml") or "")["tool"]["pytest"]
    assert table.get("ini_options", table)["pythonpath"] == ["src"]


def test_variables_are_set_before_anything_is_imported(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('"""Mine."""\n\nfrom __future__ import annotations\n\nfrom app import x\n')
    files = Files(tmp_path)
    assert write_variables(files, ".", {"SECRET": "for-tests"}) == "conftest.py"
    assert files.text("conftest.py") == (
        '"""Mine."""\n\nfrom __future__ import annotations\n\nimport os\n\n'
        'os.environ.setdefault("SECRET", "for-tests")\n\nfrom app import x\n'
    )
    again = Files(tmp_path)
    again.put("conftest.py", files.text("conftest.py") or "")
    write_variables(again, ".", {"SECRET": "for-tests"})
    assert again.text("conftest.py") == files.text("conftest.py")
