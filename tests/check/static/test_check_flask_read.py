"""Flask-SQLAlchemy's engine, wherever its configuration is written."""

from __future__ import annotations

import pytest
from reading_programs import program_of, shown

from greenshift.check.facts import Engine

HEAD = "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"


def flask_engine(source: str, **files: str) -> Engine:
    others = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    (engine,) = program_of({"app/__init__.py": HEAD + source, **others}).engines
    return engine


CASES = {
    "an item": 'app = Flask(__name__)\napp.config["SQLALCHEMY_DATABASE_URI"] = "a://"',
    "in a factory": 'def create_app():\n    app = Flask("x")\n'
    '    app.config["SQLALCHEMY_DATABASE_URI"] = "a://"\n    return app',
    "update": 'app = Flask(__name__)\napp.config.update(SQLALCHEMY_DATABASE_URI="a://")',
    "update with a dict": 'app = Flask(__name__)\napp.config.update({"SQLALCHEMY_DATABASE_URI": "a://"})',
    "from_mapping": 'app = Flask(__name__)\napp.config.from_mapping(SQLALCHEMY_DATABASE_URI="a://")',
    "setdefault": 'app = Flask(__name__)\napp.config.setdefault("SQLALCHEMY_DATABASE_URI", "a://")',
    "a class": 'class Config:\n    SQLALCHEMY_DATABASE_URI = "a://"\napp = Flask("x")\napp.config.from_object(Config)',
    "an instance": 'class Config:\n    SQLALCHEMY_DATABASE_URI = "a://"\n'
    'app = Flask("x")\napp.config.from_object(Config())',
    "the chosen class": (
        'class Config:\n    SQLALCHEMY_DATABASE_URI = "a://"\nclass Other:\n    SQLALCHEMY_DATABASE_URI = "b://"\n'
        'app = Flask("x")\napp.config.from_object(Config)'
    ),
    "a base class": (
        'class Base:\n    SQLALCHEMY_DATABASE_URI = "a://"\nclass Config(Base):\n    X = 1\n'
        'app = Flask("x")\napp.config.from_object(Config)'
    ),
    "a module": 'SQLALCHEMY_DATABASE_URI = "a://"\napp = Flask("x")\napp.config.from_object(__name__)',
}


@pytest.mark.parametrize("source", CASES.values(), ids=CASES.keys())
def test_the_url(source: str) -> None:
    engine = flask_engine(source)
    assert (engine.made_by, engine.kind, engine.name) == ("SQLAlchemy", "sync", "db")
    assert shown(engine.url) == "a://"


def test_a_class_named_by_a_text() -> None:
    config = "class Config:\n    SQLALCHEMY_DATABASE_URI = 'a://'\nclass Other:\n    SQLALCHEMY_DATABASE_URI = 'b://'\n"
    engine = flask_engine('app = Flask("x")\napp.config.from_object("app.config.Config")', app__config=config)
    assert shown(engine.url) == "a://"


def test_a_class_that_a_variable_chooses() -> None:
    source = (
        'class Dev:\n    SQLALCHEMY_DATABASE_URI = "sqlite://"\n'
        'class Prod:\n    SQLALCHEMY_DATABASE_URI = os.environ["URL"]\n'
        'app = Flask("x")\napp.config.from_object({"dev": Dev, "prod": Prod}[os.environ["E"]])'
    )
    assert shown(flask_engine(source).url) == "sqlite:// | ..."


def test_no_configuration() -> None:
    assert flask_engine("app = Flask('x')").url.unknown


def test_arguments() -> None:
    source = (
        'app = Flask("x")\napp.config["SQLALCHEMY_DATABASE_URI"] = "postgresql://h"\n'
        'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 3, "pool_pre_ping": True}\n'
        'app.config["SQLALCHEMY_ECHO"] = True\n'
    )
    engine = flask_engine(source)
    assert {name: shown(value) for name, value in engine.arguments.items()} == {
        "echo": "True",
        "pool_size": "3",
        "pool_pre_ping": "True",
    }


def test_options_of_the_extension() -> None:
    files = {
        "app.py": "from flask_sqlalchemy import SQLAlchemy\nfrom flask import Flask\napp = Flask('x')\n"
        "app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'pool_size': 3}\n"
        "db = SQLAlchemy(app, engine_options={'pool_size': 2, 'echo': True}, session_options={'autoflush': False})\n"
    }
    program = program_of(files)
    (engine,) = program.engines
    assert {name: shown(value) for name, value in engine.arguments.items()} == {"pool_size": "3", "echo": "True"}
    (factory,) = program.session_factories
    assert (factory.name, factory.engine, shown(factory.argument("autoflush"))) == ("db.session", engine, "False")


@pytest.mark.parametrize(("version", "given"), [("<3", {"pool_size": "7"}), (">=3", {})])
def test_pool_settings_of_version_2(version: str, given: dict[str, str]) -> None:
    files = {
        "requirements.txt": f"flask-sqlalchemy{version}\n",
        "app.py": HEAD + 'app = Flask("x")\napp.config["SQLALCHEMY_POOL_SIZE"] = 7\n',
    }
    (engine,) = program_of(files).engines
    assert {name: shown(value) for name, value in engine.arguments.items()} == given


def test_a_database_in_memory_has_one_connection() -> None:
    engine = flask_engine('app = Flask("x")\napp.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"')
    assert shown(engine.pool_class) == "StaticPool"


def test_configuration_of_tests_does_not_count() -> None:
    files = {
        "app/__init__.py": HEAD + 'app = Flask("x")\napp.config["SQLALCHEMY_DATABASE_URI"] = "a://"\n',
        "tests/conftest.py": 'from app import app\napp.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"\n',
    }
    (engine,) = program_of(files).engines
    assert shown(engine.url) == "a://"
