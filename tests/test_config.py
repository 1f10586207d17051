from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.config import Config, load_config
from greenshift.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    write(tmp_path, "[project]\nname = 'x'\n")
    config = load_config(tmp_path, {})
    assert not config.configured
    assert (config.driver, config.isolation, config.server) == ("asyncpg", "rewind", "auto")


def test_a_whole_table(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [tool.greenshift]
        metadata = ["app.models:Base", "app.other:metadata"]
        seed = "seed.sql"
        app = "app.main:app"
        env = ["DATABASE_URL"]
        driver = "psycopg"
        isolation = "clone"
        work_timeout = 2
        session = "app.database:Session"
        n_plus_one = "error"
        n_plus_one_ignore = ["scripts/*"]
        blocking = "warn"
        blocking_ignore = "app/files.py"
        settings = { work_mem = "8MB", jit = true }
        """,
    )
    config = load_config(tmp_path, {})
    assert config == Config(
        root=tmp_path,
        configured=True,
        metadata=("app.models:Base", "app.other:metadata"),
        seed=("seed.sql",),
        app="app.main:app",
        env={"DATABASE_URL": None},
        driver="psycopg",
        isolation="clone",
        work_timeout=2.0,
        session="app.database:Session",
        n_plus_one="error",
        n_plus_one_ignore=("scripts/*",),
        blocking="warn",
        blocking_ignore=("app/files.py",),
        settings={"work_mem": "8MB", "jit": "on"},
    )


def test_the_nearest_table_above_counts(tmp_path: Path) -> None:
    write(tmp_path, '[tool.greenshift]\napp = "outer:app"\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write(tmp_path / "a", "[project]\nname = 'no table here'\n")
    config = load_config(inner, {})
    assert config.app == "outer:app"
    assert config.root == tmp_path


def test_variables_may_name_a_driver_or_a_template(tmp_path: Path) -> None:
    write(tmp_path, '[tool.greenshift.env]\nDATABASE_URL = "asyncpg"\nPGHOST = "{host}"\n')
    assert load_config(tmp_path, {}).env == {"DATABASE_URL": "asyncpg", "PGHOST": "{host}"}


def test_the_environment_names_a_server_and_a_driver(tmp_path: Path) -> None:
    config = load_config(tmp_path, {"GREENSHIFT_DATABASE_URL": "postgresql://h/d", "GREENSHIFT_DRIVER": "psycopg"})
    assert (config.url, config.driver) == ("postgresql://h/d", "psycopg")


def test_options_win(tmp_path: Path) -> None:
    write(tmp_path, '[tool.greenshift]\nisolation = "clone"\n')
    config = load_config(tmp_path, {}).overridden(isolation="rollback", driver=None)
    assert (config.isolation, config.driver) == ("rollback", "asyncpg")


def test_the_url_is_not_shown(tmp_path: Path) -> None:
    assert "secret" not in repr(Config(root=tmp_path, url="postgresql://anna:secret@h/d"))


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("[tool.greenshift\n", "cannot be read", "correct the file"),
        ("[tool]\ngreenshift = 3\n", "not a table", r"\[tool.greenshift\]"),
        ('[tool.greenshift]\nmetdata = "x"\n', "unknown key 'metdata'", "did you mean 'metadata'"),
        ('[tool.greenshift]\nzzz = "x"\n', "unknown key 'zzz'", "known keys: .*alembic"),
        ('[tool.greenshift]\nisolation = "rollbak"\n', "isolation = 'rollbak'", "did you mean 'rollback'"),
        ('[tool.greenshift]\nserver = "cloud"\n', "server = 'cloud'", "choose one of: auto, embedded"),
        ("[tool.greenshift]\napp = 3\n", "'app'.*wrong type", "a string"),
        ("[tool.greenshift]\nmetadata = [3]\n", "'metadata'.*wrong type", "a string or a list"),
        ("[tool.greenshift]\nenv = { A = 3 }\n", "'env'.*wrong type", "a table of variable names"),
        ("[tool.greenshift]\nsettings = 'x'\n", "'settings'.*wrong type", "a table of PostgreSQL settings"),
        ("[tool.greenshift]\nwork_timeout = -1\n", "'work_timeout'.*wrong type", "from 0 to 60"),
        ("[tool.greenshift]\nblocking = 'warm'\n", "blocking = 'warm'", "did you mean 'warn'"),
        ("[tool.greenshift]\nunused_eager_loads = 'yes'\n", "'unused_eager_loads'.*wrong type", "true or false"),
        ("[tool.greenshift]\nn_plus_one = true\n", "'n_plus_one'.*wrong type", "a string"),
        ("[tool.greenshift]\nwork_timeout = true\n", "'work_timeout'.*wrong type", "from 0 to 60"),
        ('[tool.greenshift]\nmetadata = "a:b"\nsetup = "c:d"\n', "defines the schema twice", "keep one"),
    ],
)
def test_a_wrong_table_is_told_with_its_fix(tmp_path: Path, text: str, problem: str, fix: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        load_config(tmp_path, {})
    assert str(path) in caught.value.problem
    with pytest.raises(ConfigurationError, match=fix):
        raise caught.value


def test_the_tables_of_check_are_taken_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, '[tool.greenshift.check]\nworkers = 2\n[tool.greenshift.services.auth]\npath = "auth"\n')
    config = load_config(tmp_path, {})
    assert (config.check, config.services) == ({"workers": 2}, {"auth": {"path": "auth"}})
    write(tmp_path, "[tool.greenshift]\ncheck = true\n")
    with pytest.raises(ConfigurationError, match=r"'check' of .* has the wrong type") as raised:
        load_config(tmp_path, {})
    assert raised.value.fix == "write a table: [tool.greenshift.check]"
