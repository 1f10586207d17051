"""Names followed from module to module: each way of importing its own case."""

from __future__ import annotations

import pytest
from reading_programs import program_of, shown

MAKE = "from sqlalchemy import create_engine\n"
CONFIG = 'URL = "a://"\n'

CASES = {
    "from a module": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "from app.config import URL\ne = create_engine(URL)",
    },
    "a relative module": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "from .config import URL\ne = create_engine(URL)",
    },
    "a module above": {
        "app/config.py": CONFIG,
        "app/db/engine.py": MAKE + "from ..config import URL\ne = create_engine(URL)",
    },
    "another name": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "from app.config import URL as U\ne = create_engine(U)",
    },
    "the module": {"app/config.py": CONFIG, "app/db.py": MAKE + "import app.config\ne = create_engine(app.config.URL)"},
    "the module by another name": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "import app.config as c\ne = create_engine(c.URL)",
    },
    "the module from its package": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "from app import config\ne = create_engine(config.URL)",
    },
    "the module from here": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "from . import config\ne = create_engine(config.URL)",
    },
    "through a package": {
        "app/config/__init__.py": "from .values import URL\n",
        "app/config/values.py": CONFIG,
        "app/db.py": MAKE + "from app.config import URL\ne = create_engine(URL)",
    },
    "through a star": {
        "app/config/__init__.py": "from .values import *\n",
        "app/config/values.py": CONFIG,
        "app/db.py": MAKE + "from app.config import *\ne = create_engine(URL)",
    },
    "a src layout": {
        "src/shop/config.py": CONFIG,
        "src/shop/__init__.py": "",
        "src/shop/db.py": MAKE + "from shop.config import URL\ne = create_engine(URL)",
    },
    "a folder of its own": {
        "backend/app/config.py": CONFIG,
        "backend/app/db.py": MAKE + "from app.config import URL\ne = create_engine(URL)",
    },
    "the nearest of two": {
        "one/app/config.py": 'URL = "b://"\n',
        "two/app/config.py": CONFIG,
        "two/app/db.py": MAKE + "from app.config import URL\ne = create_engine(URL)",
    },
    "a neighbour": {"tool/config.py": CONFIG, "tool/db.py": MAKE + "import config\ne = create_engine(config.URL)"},
    "in a function": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE + "def make():\n    from app.config import URL\n    return create_engine(URL)",
    },
    "in a try": {
        "app/config.py": CONFIG,
        "app/db.py": MAKE
        + "try:\n    from app.config import URL\nexcept ImportError:\n    raise\ne = create_engine(URL)",
    },
    "while type checking": {
        "app/config.py": "class Config:\n    url = 'a://'\n",
        "app/db.py": MAKE
        + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.config import Config\n"
        + "def make(config: Config):\n    return create_engine(config.url)",
    },
    "a function of another module": {
        "app/make.py": MAKE + "def make(url):\n    return create_engine(url)\n",
        "app/db.py": "from app.make import make\ne = make('a://')",
    },
    "create_engine through a module": {
        "app/lib.py": "from sqlalchemy import create_engine as ce\n",
        "app/db.py": "from app.lib import ce\ne = ce('a://')",
    },
    "modules that import each other": {
        "app/config.py": "from app import db\n" + CONFIG,
        "app/db.py": MAKE + "from app import config\ne = create_engine(config.URL)",
    },
    "a file of a library's name": {
        "app/sqlalchemy.py": "create_engine = None\n",
        "app/db.py": "import sqlalchemy\nfrom app.config import URL\ne = sqlalchemy.create_engine(URL)",
        "app/config.py": CONFIG,
    },
}


@pytest.mark.parametrize("files", CASES.values(), ids=CASES.keys())
def test_a_name_is_followed(files: dict[str, str]) -> None:
    (engine,) = program_of(files).engines
    assert shown(engine.url) == "a://"


def test_a_name_that_another_module_has_not_is_not_known() -> None:
    files = {"app/config.py": "", "app/db.py": MAKE + "from app.config import URL\ne = create_engine(URL)"}
    (engine,) = program_of(files).engines
    assert engine.url.unknown


def test_a_factory_knows_the_engine_of_another_module() -> None:
    files = {
        "app/db.py": MAKE + "engine = create_engine('a://')",
        "app/sessions.py": "from sqlalchemy.orm import sessionmaker\n"
        "from app.db import engine\nS = sessionmaker(engine)",
    }
    program = program_of(files)
    assert program.session_factories[0].engine is program.engines[0]


def test_files_know_their_modules_and_imports() -> None:
    program = program_of(
        {
            "src/shop/db/__init__.py": "from .engine import engine as engine\n",
            "src/shop/__init__.py": "",
            "src/shop/db/engine.py": "import sqlalchemy as sa\n"
            "from ..config import URL\nengine = sa.create_engine(URL)",
            "src/shop/config.py": CONFIG,
        }
    )
    modules = {file.path: (file.module, dict(file.imports)) for file in program.files}
    assert modules["src/shop/db/engine.py"] == (
        "shop.db.engine",
        {"sa": "sqlalchemy", "URL": "shop.config.URL"},
    )
    assert modules["src/shop/db/__init__.py"] == ("shop.db", {"engine": "shop.db.engine.engine"})


def test_a_session_knows_the_engine_that_the_application_keeps() -> None:
    files = {
        "app/main.py": MAKE + "async def lifespan(app):\n    app.state.engine = create_engine('a://')\n    yield\n",
        "app/routes.py": "from fastapi import Depends, Request\nfrom sqlalchemy.orm import Session\n"
        "def get_engine(request: Request):\n    return request.app.state.engine\n"
        "def get_session(engine=Depends(get_engine)):\n    with Session(engine) as session:\n        yield session\n",
    }
    program = program_of(files)
    assert program.session_factories[0].engine is program.engines[0]
