"""The metadata, the application, the tests' layout and the settings, as source says them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from greenshift.init.applications import find_applications
from greenshift.init.errors import InitError
from greenshift.init.layout import find_layout
from greenshift.init.looking import look
from greenshift.init.models import find_metadata
from greenshift.init.required_variables import find_required
from greenshift.init.source_tree import SourceTree

BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"


def tree(folder: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return SourceTree(folder)


def model(name: str, of: str = "app.base") -> str:
    return f'from {of} import Base\n\n\nclass {name}(Base):\n    __tablename__ = "{name.lower()}"\n'


def test_the_module_that_imports_all_models(tmp_path: Path) -> None:
    metadata = find_metadata(
        tree(
            tmp_path,
            {
                "app/__init__.py": "",
                "app/base.py": BASE,
                "app/users.py": model("User"),
                "app/orders.py": model("Order"),
                "app/models/__init__.py": "from app.orders import Order\nfrom app.users import User\n",
            },
        )
    )
    assert metadata is not None
    assert metadata.paths == ("app.models:Order",)
    assert (metadata.group.count, metadata.group.place) == (2, "app/base.py:4")


def test_several_modules_where_none_imports_all(tmp_path: Path) -> None:
    files = {"base.py": BASE, "users.py": model("User", "base"), "orders.py": model("Order", "base")}
    metadata = find_metadata(tree(tmp_path, files))
    assert metadata is not None
    assert metadata.paths == ("orders:Base", "users:Base")


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (
            {
                "app.py": """\
                from sqlmodel import Field, SQLModel

                class Shape(SQLModel):
                    name: str

                class User(Shape, table=True):
                    id: int = Field(primary_key=True)
                """
            },
            "app:SQLModel",
        ),
        (
            {
                "app.py": """\
                from sqlalchemy import Column, Integer, MetaData, Table
                metadata = MetaData()
                users = Table("users", metadata, Column("id", Integer, primary_key=True))
                """
            },
            "app:metadata",
        ),
        (
            {
                "app.py": """\
                from flask_sqlalchemy import SQLAlchemy
                db = SQLAlchemy()
                class User(db.Model):
                    id = db.Column(db.Integer, primary_key=True)
                """
            },
            "app:db",
        ),
        (
            {
                "app.py": """\
                from sqlalchemy.orm import declarative_base
                Base = declarative_base()
                class Common(Base):
                    __abstract__ = True
                class User(Common):
                    __tablename__ = "users"
                """
            },
            "app:Base",
        ),
    ],
)
def test_kinds_of_metadata(tmp_path: Path, files: dict[str, str], path: str) -> None:
    metadata = find_metadata(tree(tmp_path, files))
    assert metadata is not None
    assert metadata.paths == (path,)


def test_what_alembic_says_decides_between_two(tmp_path: Path) -> None:
    metadata = find_metadata(
        tree(
            tmp_path,
            {
                "big.py": BASE
                + "\n\nclass A(Base):\n    __tablename__ = 'a'\n\n\nclass B(Base):\n    __tablename__ = 'b'\n",
                "small.py": BASE + "\n\nclass C(Base):\n    __tablename__ = 'c'\n",
                "migrations/env.py": "from small import Base\n\ntarget_metadata = Base.metadata\n",
            },
        )
    )
    assert metadata is not None
    assert metadata.paths == ("small:Base",)
    assert metadata.declared == "migrations/env.py:3"
    assert [other.key for other in metadata.others] == ["big.Base"]


def test_the_application_that_tests_import_and_servers_run(tmp_path: Path) -> None:
    applications, _ = find_applications(
        tree(
            tmp_path,
            {
                "app/__init__.py": "",
                "app/admin.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
                "app/web.py": "from fastapi import FastAPI\n\n\ndef make() -> FastAPI:\n    app = FastAPI()\n"
                "    return app\n\n\nserver = make()\n",
                "Dockerfile": 'CMD ["uvicorn", "app.web:server"]\n',
            },
        )
    )
    assert [(one.path, one.is_factory) for one in applications] == [
        ("app.web:server", False),
        ("app.admin:app", False),
        ("app.web:make", True),
    ]


def test_flask_is_no_asgi(tmp_path: Path) -> None:
    found, _ = look(
        tree(tmp_path, {"app.py": "from flask import Flask\n\n\ndef create_app(name='x'):\n    return Flask(name)\n"})
    )
    assert (found.application, found.is_wsgi) == ("app:create_app", True)
    assert "app" not in found.table


def test_an_application_under_main_is_not_there(tmp_path: Path) -> None:
    applications, with_arguments = find_applications(
        tree(
            tmp_path,
            {
                "run.py": "from fastapi import FastAPI\n\n\ndef make(debug=False):\n    return FastAPI()\n\n\n"
                "if __name__ == '__main__':\n    app = make()\n"
            },
        )
    )
    assert applications == []
    assert with_arguments == [("run:make", "run.py:4")]


def test_the_tests_layout(tmp_path: Path) -> None:
    layout = find_layout(
        tree(
            tmp_path,
            {
                "pytest.ini": "[pytest]\nasyncio_mode = auto\ntestpaths = checks\n",
                "checks/conftest.py": "import pytest\nfrom testcontainers.postgres import PostgresContainer\n\n\n"
                "@pytest.fixture\ndef db_session():\n    ...\n",
                "checks/test_one.py": "async def test_one(): ...\n",
            },
        )
    )
    assert (layout.folder, layout.settings, layout.asynchronous) == ("checks", "pytest.ini", "asyncio")
    assert layout.uses == ["testcontainers"]
    assert layout.shadowing == [("db_session", "checks/conftest.py:6")]


def test_settings_without_a_default_get_a_value(tmp_path: Path) -> None:
    required = find_required(
        tree(
            tmp_path,
            {
                ".env": "FROM_FILE=1\n",
                "config.py": """\
                import os
                from pydantic import EmailStr, Field
                from pydantic_settings import BaseSettings, SettingsConfigDict

                HERE = os.environ["HERE"]

                class Settings(BaseSettings):
                    model_config = SettingsConfigDict(env_file=".env", env_prefix="APP_")
                    secret_key: str
                    workers: int
                    admin: EmailStr
                    name: str = "x"
                    maybe: str | None = None
                    token: str = Field(alias="API_TOKEN")

                class Unused(BaseSettings):
                    nothing: str

                settings = Settings()

                def later():
                    return os.environ["LATER"]
                """,
            },
        ),
        {"API_TOKEN": None},
    )
    assert {name: value for name, (value, _) in required.items()} == {
        "APP_SECRET_KEY": "for-tests",
        "APP_WORKERS": "1",
        "APP_ADMIN": "user@example.com",
        "HERE": "for-tests",
    }


def test_the_file_of_variables_is_heeded(tmp_path: Path) -> None:
    files = {
        ".env": "SECRET=1\n",
        "config.py": "from dotenv import load_dotenv\nimport os\n\nload_dotenv()\nSECRET = os.environ['SECRET']\n",
    }
    assert find_required(tree(tmp_path, files), {}) == {}


def test_several_programs_are_refused(tmp_path: Path) -> None:
    files = {"a/requirements.txt": "sqlalchemy\n", "a/main.py": "x = 1\n"}
    files |= {"b/requirements.txt": "sqlalchemy\n", "b/main.py": "x = 1\n"}
    with pytest.raises(InitError) as raised:
        look(tree(tmp_path, files))
    assert "2 projects" in raised.value.problem
    assert raised.value.fix.endswith("greenshift init a")


def test_migrations_are_taken_where_the_tests_run_them(tmp_path: Path) -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "models.py": BASE + "\n\nclass A(Base):\n    __tablename__ = 'a'\n",
    }
    found, _ = look(tree(tmp_path, files))
    assert found.table["metadata"] == "models:Base"
    files["tests/conftest.py"] = "from alembic import command\n\ncommand.upgrade(None, 'head')\n"
    found, _ = look(tree(tmp_path, files))
    assert found.table["alembic"] == "alembic.ini"
    assert "metadata" not in found.table
