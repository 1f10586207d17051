"""Services read from source or imported, under the variables of environments; and those that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenshift.check.configuration import read_configuration
from greenshift.check.drift import read_services
from greenshift.check.errors import CheckError
from greenshift.check.facts import Program

Compare = Callable[..., list[Program]]

SETTINGS = """\
import os
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=int(os.environ.get("POOL_SIZE", "5")))
"""
STAGING = "DATABASE_URL=postgresql+asyncpg://shop:hunter2@staging/shop\nPOOL_SIZE=7\n"
PRODUCTION = "DATABASE_URL=postgresql+asyncpg://shop:hunter2@db/shop\nPOOL_SIZE=20\n"


def size(program: Program) -> object:
    return program.engines[0].setting("pool_size").known


def test_a_service_in_a_folder(compare: Compare) -> None:
    programs = compare({"services/auth/db.py": SETTINGS}, {"auth": {"path": "services/auth", "workers": 3}})
    (program,) = programs
    assert (program.name, program.environment) == ("auth", "")
    assert program.engines[0].service == "auth"
    assert program.engines[0].place.file == "services/auth/db.py"
    assert program.deployment.workers is not None
    assert program.deployment.workers.known == 3


def test_imports_within_a_service_are_followed(compare: Compare) -> None:
    (program, _) = compare(
        {
            "services/auth/app/settings.py": "SIZE = 9\n",
            "services/auth/app/db.py": "from sqlalchemy import create_engine\nfrom app.settings import SIZE\n"
            'engine = create_engine("sqlite:///x.db", pool_size=SIZE)\n',
            "services/shop/app/settings.py": "SIZE = 3\n",
        },
        {"auth": {"path": "services/auth"}, "shop": {"path": "services/shop"}},
    )
    assert size(program) == 9


def test_environments_of_source(compare: Compare) -> None:
    programs = compare(
        {"auth/db.py": SETTINGS, "shop/db.py": SETTINGS},
        environments={".env.staging": STAGING, ".env.production": PRODUCTION},
    )
    seen = [(program.name, program.environment, size(program), program.engines[0].driver) for program in programs]
    assert seen == [
        ("auth", "staging", 7, "asyncpg"),
        ("auth", "production", 20, "asyncpg"),
        ("shop", "staging", 7, "asyncpg"),
        ("shop", "production", 20, "asyncpg"),
    ]


def test_services_that_are_imported_from_folders_of_their_own(compare: Compare) -> None:
    engine = 'from sqlalchemy import create_engine\nengine = create_engine("sqlite:///x.db", pool_size={size})\n'
    programs = compare(
        {"auth/app/db.py": engine.format(size=4), "shop/app/db.py": engine.format(size=8)},
        {
            "auth": {"path": "auth", "live": "app.db:engine", "workers": 2},
            "shop": {"path": "shop", "live": ["app.db:engine"]},
        },
    )
    assert [(program.name, size(program), program.engines[0].is_live) for program in programs] == [
        ("auth", 4, True),
        ("shop", 8, True),
    ]
    assert programs[0].deployment.workers is not None


def test_environments_of_what_is_imported(compare: Compare) -> None:
    programs = compare(
        {"app/db.py": SETTINGS},
        {"shop": {"live": "app.db:engine"}},
        {".env.staging": STAGING, ".env.production": PRODUCTION},
    )
    assert [(program.environment, size(program)) for program in programs] == [("staging", 7), ("production", 20)]
    assert "hunter2" not in repr([program.engines for program in programs])


def test_without_services_the_whole_project_is_compared_by_environment(compare: Compare, tmp_path: Path) -> None:
    programs = compare({"app/db.py": SETTINGS}, {}, {".env.staging": STAGING, ".env.production": PRODUCTION})
    assert [(program.name, size(program)) for program in programs] == [(tmp_path.name, 7), (tmp_path.name, 20)]


def test_variables_that_an_environment_misses(compare: Compare) -> None:
    programs = compare(
        {"auth/db.py": SETTINGS, "auth/mail.py": "import os\nHOST = os.environ['MAIL_HOST']\n"},
        environments={
            ".env.staging": STAGING + "MAIL_HOST=mail\n",
            ".env.production": PRODUCTION.replace("POOL_SIZE=20\n", ""),
        },
    )
    assert [[missing.name for missing in program.missing] for program in programs] == [[], ["POOL_SIZE"]]
    (missing,) = programs[1].missing
    assert (missing.file, missing.other, missing.place.file, missing.place.line) == (
        ".env.production",
        "staging",
        ".env.staging",
        2,
    )


def test_settings_classes_with_a_prefix_miss_variables_too(compare: Compare) -> None:
    settings = """\
    from pydantic_settings import BaseSettings, SettingsConfigDict
    from sqlalchemy import create_engine

    class Settings(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="SHOP_")
        pool_size: int = 5
        debug: bool = False

    settings = Settings()
    engine = create_engine("sqlite:///x.db", pool_size=settings.pool_size)
    """
    programs = compare(
        {"auth/db.py": settings},
        environments={".env.staging": "SHOP_POOL_SIZE=9\nSHOP_DEBUG=true\n", ".env.production": ""},
    )
    assert [[missing.name for missing in program.missing] for program in programs] == [[], ["SHOP_POOL_SIZE"]]


@pytest.mark.parametrize(
    ("services", "problem", "fix"),
    [
        ({}, "[tool.greenshift.services] names no service to compare", "[tool.greenshift.services.NAME]"),
        (
            {"auth": {"path": "services/auht"}},
            "the folder of the service 'auth' does not exist: services/auht",
            "correct path in [tool.greenshift.services.auth]",
        ),
        (
            {"auth": {"path": "empty"}},
            "the folder of the service 'auth' has no Python file: empty",
            "correct path in [tool.greenshift.services.auth]",
        ),
        (
            {"auth": {"live": "app.db:engine"}},
            "importing app.db failed: the environment variable DATABASE_URL is not set (app/db.py:3)",
            "--env NAME=FILE",
        ),
        (
            {"auth": {"live": "app.dp:engine"}},
            "there is no module 'app.dp' below {root}",
            "as the application imports it",
        ),
        (
            {"auth": {"live": "app.db:engine", "path": "none"}},
            "there is no folder {root}/none",
            "the folder from which",
        ),
    ],
)
def test_a_service_that_cannot_be_read(
    compare: Compare, tmp_path: Path, services: dict[str, object], problem: str, fix: str
) -> None:
    with pytest.raises(CheckError) as caught:
        compare({"app/db.py": SETTINGS, "empty/README.md": ""}, services)
    assert caught.value.problem == problem.format(root=tmp_path)
    assert fix in caught.value.fix
    assert "\n" not in str(caught.value.fix)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"A=1\n\nthis is no variable 'hunter2\nB=2\n", "line 3 of .env.staging sets no variable"),
        (b"A=\xff\xfe\n", ".env.staging, the file of the environment 'staging', cannot be read: it is not UTF-8"),
        (None, ".env.staging, the file of the environment 'staging', cannot be read: No such file or directory"),
    ],
)
def test_a_file_of_variables_that_cannot_be_read(tmp_path: Path, content: bytes | None, problem: str) -> None:
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth" / "db.py").write_text(SETTINGS)
    if content is not None:
        (tmp_path / ".env.staging").write_bytes(content)
    with pytest.raises(CheckError) as caught:
        read_services(
            read_configuration({}, {"auth": {"path": "auth"}}), tmp_path, {"staging": tmp_path / ".env.staging"}
        )
    assert caught.value.problem == problem


def test_the_syntax_of_dotenv(compare: Compare) -> None:
    staging = """\
    # A comment
    export POOL_SIZE="11"  # the size

    DATABASE_HOST=db
    DATABASE_URL='postgresql+asyncpg://shop@db/shop'
    EMPTY
    """
    (program,) = compare({"auth/db.py": SETTINGS}, environments={".env.staging": staging})
    assert size(program) == 11
    assert program.engines[0].url.known == "postgresql+asyncpg://shop@db/shop"
