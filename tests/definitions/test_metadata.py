from __future__ import annotations

import sqlite3

import pytest

from greenshift.definitions import from_metadata
from greenshift.errors import ConfigurationError
from greenshift.postgres import TemplateError

MODELS = """
    import enum
    from sqlalchemy import DDL, Column, Enum, ForeignKey, Index, Sequence, event
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class Colour(enum.Enum):
        red = 1
        green = 2

    class Owner(Base):
        __tablename__ = "owner"
        __table_args__ = {"schema": "people", "comment": "who owns"}
        id: Mapped[int] = mapped_column(primary_key=True)
        colour: Mapped[Colour]

    class Item(Base):
        __tablename__ = "item"
        __table_args__ = (Index("item_name", "name"),)
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        owner_id: Mapped[int] = mapped_column(ForeignKey("people.owner.id"))

    event.listen(Item.__table__, "after_create", DDL("CREATE VIEW names AS SELECT name FROM item"))
"""


def test_tables_schemas_enums_and_ddl_events_are_created(project, target, rows):
    project({"app/__init__.py": "", "app/models.py": MODELS})
    definition = from_metadata(["app.models:Base"])

    definition.build(target)

    assert rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'people') ORDER BY 1"
    ) == [("people.owner",), ("public.item",), ("public.names",)]
    assert rows("SELECT typname FROM pg_type WHERE typtype = 'e'") == [("colour",)]
    assert definition.label == "metadata app.models:Base"


@pytest.mark.parametrize(
    "change",
    [
        ("green = 2", "green = 2\n        blue = 3"),
        ('"who owns"', '"who possesses"'),
        ('Index("item_name", "name")', 'Index("item_name", "name", unique=True)'),
        ("SELECT name FROM", "SELECT name, id FROM"),
        ("name: Mapped[str]", "name: Mapped[str | None]"),
    ],
)
def test_fingerprint_follows_the_ddl(project, change, monkeypatch):
    project({"before.py": MODELS, "after.py": MODELS.replace(*change), "same.py": MODELS + "\n    # a comment\n"})

    before = from_metadata(["before:Base"]).fingerprint

    assert from_metadata(["after:Base"]).fingerprint != before
    assert from_metadata(["same:Base"]).fingerprint == before


def test_several_metadatas_make_one_template(project, target, rows):
    project(
        {
            "one.py": "from sqlalchemy import *\nmetadata = MetaData()\nTable('a', metadata, Column('id', Integer))\n",
            "two.py": "from sqlalchemy import *\nmetadata = MetaData()\nTable('b', metadata, Column('id', Integer))\n",
        }
    )
    from_metadata(["one:metadata", "two:metadata", "one:metadata"]).build(target)
    assert rows("SELECT relname FROM pg_class WHERE relname IN ('a', 'b') ORDER BY 1") == [("a",), ("b",)]


def test_sqlmodel_named_through_the_module_of_the_models(project, target, rows):
    # A registry of its own: SQLModel's default one is shared with every other test of this process.
    project(
        {
            "shop.py": """
            from sqlalchemy.orm import registry
            from sqlmodel import Field, SQLModel as Model

            class SQLModel(Model, registry=registry()):
                pass

            class Hero(SQLModel, table=True):
                id: int | None = Field(default=None, primary_key=True)
                name: str
        """
        }
    )
    from_metadata(["shop:SQLModel"]).build(target)
    assert rows("SELECT count(*) FROM hero") == [(0,)]


def test_an_event_that_needs_answers_falls_back_to_the_source(project, target, rows):
    models = """
        from sqlalchemy import *
        metadata = MetaData()
        table = Table('a', metadata, Column('id', Integer))

        @event.listens_for(metadata, "after_create")
        def fill(target, connection, **_):
            if connection.execute(text("SELECT count(*) FROM a")).scalar_one() == 0:
                connection.execute(table.insert(), [{"id": 7}])
    """
    project({"early.py": models, "late.py": models.replace("7", "8")})
    definition = from_metadata(["early:metadata"])
    definition.build(target)
    assert rows("SELECT id FROM a") == [(7,)]
    assert definition.fingerprint != from_metadata(["late:metadata"]).fingerprint
    assert definition.fingerprint == from_metadata(["early:metadata"]).fingerprint


def test_an_extension_is_needed_where_a_column_has_its_type(project, target, rows):
    project(
        {
            "shop.py": """
            from sqlalchemy import *
            from sqlalchemy.types import UserDefinedType

            class Vector(UserDefinedType):
                cache_ok = True
                def get_col_spec(self, **_):
                    return "VECTOR(3)"

            metadata = MetaData()
            Table("a", metadata, Column("id", Integer), Column("place", Vector()), Column("citext", Text),
                  Index("by_citext", "citext"))
        """
        }
    )
    definition = from_metadata(["shop:metadata"])
    assert definition.extensions == {"vector"}
    definition.build(target)
    assert rows("SELECT extname FROM pg_extension WHERE extname = 'vector'") == [("vector",)]


def test_the_same_definition_fills_an_sqlite_file(project, sqlite_target):
    project(
        {"shop.py": "from sqlalchemy import *\nmetadata = MetaData()\nTable('a', metadata, Column('id', Integer))\n"}
    )
    from_metadata(["shop:metadata"]).build(sqlite_target)
    with sqlite3.connect(sqlite_target.path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]


def test_a_failing_create_all_is_one_line_with_the_databases_words(project, target):
    project(
        {
            "shop.py": "from sqlalchemy import *\nmetadata = MetaData()\n"
            "Table('a', metadata, Column('id', Integer, server_default=text('no_such_function()')))\n"
        }
    )
    with pytest.raises(TemplateError) as caught:
        from_metadata(["shop:metadata"]).build(target)
    assert caught.value.problem == (
        "metadata shop:metadata cannot be created: UndefinedFunction: function no_such_function() does not exist"
    )
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("path", "problem", "fix"),
    [
        ("shop", "metadata = 'shop' is not of the form module:attribute", "package.module:name"),
        ("shop:Bass", "metadata = 'shop:Bass': shop has no 'Bass'", "did you mean 'Base'?"),
        ("shup:Base", "metadata = 'shup:Base': there is no module 'shup'", "pythonpath"),
        ("shop.models:Base", "metadata = 'shop.models:Base': there is no module 'shop.models'", "pythonpath"),
        ("shop:number", "metadata = 'shop:number' names a int, which has no SQLAlchemy metadata", "declarative base"),
        ("shop:Base", "metadata = 'shop:Base' holds no table", "module that imports the models"),
        (
            "broken:Base",
            "metadata = 'broken:Base': importing broken failed with ValueError: bad port (broken.py:2)",
            "python -c",
        ),
        (
            "typo:Base",
            "metadata = 'typo:Base': importing typo failed with "
            "ModuleNotFoundError: No module named 'nowhere' (typo.py:1)",
            "python -c",
        ),
        ("syntax:Base", "metadata = 'syntax:Base': importing syntax failed with SyntaxError", "python -c"),
        (
            "leaving:Base",
            "metadata = 'leaving:Base': importing leaving failed with SystemExit: 3 (leaving.py:1)",
            "python -c",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line_with_a_fix(project, path, problem, fix):
    project(
        {
            "shop.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\nnumber = 3\n",
            "broken.py": "def port():\n    raise ValueError('bad port')\nport()\n",
            "typo.py": "import nowhere\n",
            "syntax.py": "x = = 1\n",
            "leaving.py": "raise SystemExit(3)\n",
        }
    )
    with pytest.raises(ConfigurationError) as caught:
        from_metadata([path])
    assert caught.value.problem.startswith(problem)
    assert fix in caught.value.fix
    assert "\n" not in caught.value.problem + caught.value.fix
