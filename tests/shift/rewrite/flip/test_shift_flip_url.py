"""URLs name an async driver: where they are written, or through a function where they come from outside."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from infrastructure import flip, flipped, reasons
from sqlalchemy import make_url

from greenshift.shift.rewrite.flip.engine import fix_engines
from greenshift.shift.rewrite.flip.url import function_text

CREATE = "from sqlalchemy import create_engine\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"sqlite:///./x.db"', '"sqlite+aiosqlite:///./x.db"'),
        ('"postgresql://u:p@h/d"', '"postgresql+asyncpg://u:p@h/d"'),
        ('"postgresql+psycopg2://u:p@h/d"', '"postgresql+asyncpg://u:p@h/d"'),
        ('"postgresql+psycopg://u:p@h/d"', '"postgresql+psycopg://u:p@h/d"'),
        ('"mysql+pymysql://u:p@h/d"', '"mysql+aiomysql://u:p@h/d"'),
        ('f"postgresql://{user}:{password}@h/d"', 'f"postgresql+asyncpg://{user}:{password}@h/d"'),
        ('"postgresql://u@h/d?sslmode=require"', '"postgresql+asyncpg://u@h/d?ssl=require"'),
    ],
)
def test_a_literal_changes_where_it_is_written(before: str, after: str) -> None:
    for text in ("engine = create_engine({})\n", "URL = {}\nengine = create_engine(URL, echo=True)\n"):
        new = flipped(CREATE + text.format(before), fix_engines)
        assert after in new
        assert "async_url" not in new


def test_a_literal_in_another_module() -> None:
    result = flip(
        {
            "config.py": 'URL = "sqlite:///./x.db"\n',
            "database.py": CREATE + "from config import URL\nengine = create_engine(URL)\n",
        },
        fix_engines,
    )
    assert result.texts["config.py"] == 'URL = "sqlite+aiosqlite:///./x.db"\n'


def test_a_test_of_the_dialect_goes_on_working() -> None:
    new = flipped(
        CREATE + 'URL = "sqlite:///./x.db"\n'
        'arguments = {"check_same_thread": False} if URL.startswith("sqlite") else {}\n'
        "engine = create_engine(URL, connect_args=arguments)\n",
        fix_engines,
    )
    assert 'URL = "sqlite+aiosqlite:///./x.db"' in new


@pytest.mark.parametrize(
    "use",
    ['path = URL.replace("sqlite:///", "")', 'is_file = URL.startswith("sqlite:///")', "other(URL)"],
)
def test_a_literal_that_others_read_stays(use: str) -> None:
    new = flipped(CREATE + f'URL = "sqlite:///./x.db"\n{use}\nengine = create_engine(URL)\n', fix_engines)
    assert 'URL = "sqlite:///./x.db"' in new
    assert "create_async_engine(async_url(URL))" in new


def test_url_create_changes_its_driver() -> None:
    new = flipped(
        "from sqlalchemy import URL, create_engine\n"
        'url = URL.create("postgresql", host="h")\nengine = create_engine(url)\n',
        fix_engines,
    )
    assert 'URL.create("postgresql+asyncpg", host="h")' in new


def test_a_settings_property_that_names_psycopg_needs_nothing() -> None:
    new = flipped(
        CREATE + "from pydantic import PostgresDsn\n"
        "class Settings:\n    @property\n    def uri(self):\n"
        '        return PostgresDsn.build(scheme="postgresql+psycopg", host="h")\n'
        "settings = Settings()\nengine = create_engine(str(settings.uri))\n",
        fix_engines,
    )
    assert "create_async_engine(str(settings.uri))" in new


ENVIRONMENT = """import os

from sqlalchemy import create_engine

# Where the data is.
DATABASE_URL = os.getenv("DATABASE_URL", "sqlite:///./x.db")

engine = create_engine(DATABASE_URL, pool_pre_ping=True)
"""


def test_a_url_of_the_environment_goes_through_a_function() -> None:
    new = flipped(ENVIRONMENT, fix_engines)
    assert "engine = create_async_engine(async_url(DATABASE_URL), pool_pre_ping=True)" in new
    assert 'os.getenv("DATABASE_URL", "sqlite:///./x.db")' in new
    assert "\n\n\ndef async_url(url: str | URL) -> URL:\n" in new
    assert "    return parsed\n\n\nengine = " in new


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@h/d", "postgresql+asyncpg://u:p%40ss@h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
        ("postgresql+psycopg://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql://h/d?sslmode=require&channel_binding=require", "postgresql+asyncpg://h/d?ssl=require"),
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("mysql+pymysql://h/d", "mysql+aiomysql://h/d"),
    ],
)
def test_the_function_takes_both_forms(url: str, expected: str) -> None:
    names: dict[str, object] = {}
    exec("from sqlalchemy import URL, make_url\n" + function_text("async_url", "URL", "make_url", "asyncpg"), names)
    convert = names["async_url"]
    assert callable(convert)
    assert convert(url).render_as_string(hide_password=False) == expected
    assert convert(make_url(url)) == convert(url)


def test_the_rewritten_module_runs(tmp_path: object) -> None:
    program = flipped(ENVIRONMENT, fix_engines) + "\nprint(engine.url, type(engine).__name__)\n"
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=str(tmp_path), env=environment, check=False
    )
    assert ran.stdout == "sqlite+aiosqlite:///./x.db AsyncEngine\n", ran.stderr


def test_the_function_is_written_once_and_imported_elsewhere() -> None:
    engine = CREATE + "import os\n{}engine = create_engine(os.environ['{}'])\n"
    result = flip(
        {
            "src/app/__init__.py": "",
            "src/app/database.py": engine.format("", "MAIN"),
            "src/app/archive.py": engine.format("from app.models import x\n", "ARCHIVE"),
            "src/app/models.py": "x = 1\n",
            "tests/conftest.py": engine.format("from app.database import engine as other\n", "TEST"),
        },
        fix_engines,
    )
    texts = result.texts
    assert [file for file, text in texts.items() if "def async_url" in text] == ["src/app/archive.py"]
    assert "from app.archive import async_url\n" in texts["src/app/database.py"]
    assert "from app.archive import async_url\n" in texts["tests/conftest.py"]
    assert "create_async_engine(async_url(os.environ['TEST']))" in texts["tests/conftest.py"]


def test_a_literal_that_alembic_reads_stays_sync() -> None:
    result = flip(
        {
            "database.py": CREATE + 'URL = "sqlite:///x.db"\nengine = create_engine(URL)\n',
            "alembic/env.py": "from alembic import context\nfrom database import URL\ncontext.configure(url=URL)\n",
        },
        fix_engines,
    )
    assert 'URL = "sqlite:///x.db"' in result.texts["database.py"]
    assert "async_url(URL)" in result.texts["database.py"]


def test_arguments_that_asyncpg_does_not_take_are_listed() -> None:
    result = flip(CREATE + 'engine = create_engine("postgresql://h/d?options=-csearch_path=x")\n', fix_engines)
    assert any("options" in reason for reason in reasons(result, "url"))


def test_the_function_stands_where_the_others_can_import_it() -> None:
    engine = "import os\nfrom sqlalchemy import create_engine\n{more}\nengine = create_engine(os.environ['DB'])\n"
    texts = flip(
        {"database.py": engine.format(more="from models import Base"), "models.py": engine.format(more="Base = 1")},
        fix_engines,
    ).texts
    assert "def async_url" in texts["models.py"]
    assert "from models import Base, async_url\n" in texts["database.py"]
