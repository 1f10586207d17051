"""What a URL is, however it is put together: each form its own case."""

from __future__ import annotations

import textwrap

import pytest
from reading_programs import IMPORTS, only_engine, program_of, shown

PG = "postgresql+asyncpg://app@db/shop"

CASES = {
    "a comprehension": ('u = "b://"\nengines = [create_engine(u) for u in ("a://", "c://")]', "a:// | c://"),
    "a comprehension of unknown": ('u = "b://"\nengines = [create_engine(u) for u in os.listdir()]', "..."),
    "a dict comprehension": ('u = "b://"\ne = {n: create_engine(u) for n, u in os.environ.items()}', "..."),
    "a lambda's parameter": ('u = "b://"\nmake = lambda u: create_engine(u)', "..."),
    "a local variable in a lambda": (
        'u = "b://"\ndef f():\n    u = "a://"\n    return lambda: create_engine(u)',
        "a://",
    ),
    "a class that others inherit from": (
        'class A:\n    U = "a://"\n    def make(self):\n        return create_engine(self.U)\n'
        'class B(A):\n    U = "b://"',
        "a:// | b://",
    ),
    "a function that is handed on": (
        'def make(u):\n    return create_engine(u)\nmake("a://")\nos.register_at_fork(before=make)',
        "a:// | ...",
    ),
    "a function that something else calls": (
        'import company\n@company.route\ndef make(u):\n    return create_engine(u)\nmake("a://")',
        "a:// | ...",
    ),
    "a text": (f'engine = create_engine("{PG}")', PG),
    "by name": (f'engine = create_engine(echo=True, url="{PG}")', PG),
    "a constant": (f'URL_ = "{PG}"\nengine = create_engine(URL_)', PG),
    "the last assignment": (f'u = "sqlite://"\nu = "{PG}"\nengine = create_engine(u)', PG),
    "an assignment behind it": (f'u = "{PG}"\nengine = create_engine(u)\nu = "sqlite://"', PG),
    "tuples": (f'a, u = 1, "{PG}"\nengine = create_engine(u)', PG),
    "a walrus": (f'if (u := "{PG}"):\n    engine = create_engine(u)', PG),
    "both branches": (
        'if os.name == "nt":\n    u = "sqlite://"\nelse:\n    u = "postgresql://a/b"\nengine = create_engine(u)',
        "sqlite:// | postgresql://a/b",
    ),
    "a branch that returns": (
        'def f(x):\n    if x:\n        u = "a://"\n        return\n'
        '    else:\n        u = "b://"\n    return create_engine(u)',
        "b://",
    ),
    "a constant condition": ('D = False\nu = "a://" if D else "b://"\nengine = create_engine(u)', "b://"),
    "a condition": ('u = "a://" if os.cpu_count() else "b://"\nengine = create_engine(u)', "a:// | b://"),
    "or": ('u = os.getenv("U") or "b://"\nengine = create_engine(u)', "b:// $U"),
    "itself or": (
        'u = os.getenv("U")\nu = u if u else "b://"\nengine = create_engine(u)',
        "b:// $U",
    ),
    "if not": ('u = os.getenv("U")\nif not u:\n    u = "b://"\nengine = create_engine(u)', "b:// $U"),
    "if None": ('u = os.getenv("U")\nif u is None:\n    u = "b://"\nengine = create_engine(u)', "b:// $U"),
    "if not a known one": ('u = "a://"\nif not u:\n    u = "b://"\nengine = create_engine(u)', "a://"),
    "a variable in one branch": (
        'u = "a://"\nif os.cpu_count():\n    u = os.getenv("U")\nengine = create_engine(u)',
        "a:// | ...",
    ),
    "try": ('try:\n    u = os.environ["U"]\nexcept KeyError:\n    u = "b://"\nengine = create_engine(u)', "b:// | ..."),
    "a loop": ('u = "a://"\nfor p in os.listdir():\n    u = "b://"\nengine = create_engine(u)', "a:// | b:// | ..."),
    "a loop over texts": ('for u in ("a://", "b://"):\n    engine = create_engine(u)', "a:// | b://"),
    "added to": ('u = "a://h"\nu += "/b"\nengine = create_engine(u)', "a://h/b"),
    "a variable": ('engine = create_engine(os.environ["U"])', "..."),
    "a variable without default": ('engine = create_engine(os.getenv("U"))', "..."),
    "a variable's default": ('engine = create_engine(os.getenv("U", "a://"))', "a:// $U"),
    "environ.get": ('engine = create_engine(os.environ.get("U", "a://"))', "a:// $U"),
    "from os import environ": ('from os import environ\nengine = create_engine(environ.get("U", "a://"))', "a:// $U"),
    "getenv in getenv": ('engine = create_engine(os.getenv("U", os.getenv("V", "a://")))', "a:// $V"),
    "decouple": ('from decouple import config\nengine = create_engine(config("U", default="a://"))', "a:// $U"),
    "decouple without default": ('from decouple import config\nengine = create_engine(config("U"))', "..."),
    "starlette": (
        'from starlette.config import Config\nc = Config(".env")\nengine = create_engine(c("U", default="a://"))',
        "a:// $U",
    ),
    "a cast": (
        'from decouple import config\nengine = create_engine(config("U", default="a", cast=lambda u: u + "://"))',
        "...",
    ),
    "a name that may be missing": (
        'h = None\nif os.cpu_count():\n    h = "h"\nengine = create_engine(f"a://{h}")',
        "a://h | a://?",
    ),
    "environs": (
        'from environs import Env\nenv = Env()\nenv.read_env()\nengine = create_engine(env.str("U", "a://"))',
        "a:// $U",
    ),
    "an f-string": ('h = os.environ["H"]\nengine = create_engine(f"postgresql://{h}/b")', "postgresql://?/b"),
    "an f-string of defaults": (
        'h = os.getenv("H", "x")\nengine = create_engine(f"postgresql://{h}/b")',
        "postgresql://?/b",
    ),
    "a driver from a default": (
        'd = os.getenv("D", "postgresql")\nengine = create_engine(f"{d}://h/b")',
        "postgresql://h/b $D",
    ),
    "concatenation": (
        'p = os.environ["P"]\nengine = create_engine("postgresql://a:" + p + "@h/b")',
        "postgresql://a:?@h/b",
    ),
    "percent": ('engine = create_engine("%s://%s:%d/b" % ("postgresql", "h", 5432))', "postgresql://h:5432/b"),
    "percent with names": ('engine = create_engine("%(d)s://h" % {"d": "sqlite"})', "sqlite://h"),
    "format": (
        'engine = create_engine("{}://{host}/b".format("postgresql", host=os.environ["H"]))',
        "postgresql://?/b",
    ),
    "format by number": ('engine = create_engine("{0}://{1}".format("a", "b"))', "a://b"),
    "replace": (
        'engine = create_engine("postgres://h/b".replace("postgres://", "postgresql://", 1))',
        "postgresql://h/b",
    ),
    "replace in a default": (
        'engine = create_engine(os.getenv("U", "postgres://h").replace("postgres:", "postgresql:"))',
        "postgresql://h $U",
    ),
    "replace in a variable": ('engine = create_engine(os.environ["U"].replace("a", "b"))', "..."),
    "join": ('engine = create_engine("".join(["a://", "h", "/b"]))', "a://h/b"),
    "str": ('engine = create_engine(str("a://h"))', "a://h"),
    "removeprefix": ('engine = create_engine("jdbc:postgresql://h".removeprefix("jdbc:"))', "postgresql://h"),
    "URL.create": (
        'engine = create_engine(URL.create("postgresql+psycopg", "u", os.environ["P"], "h", 5432, "b"))',
        "postgresql+psycopg://u:?@h:5432/b",
    ),
    "URL.create by name": (
        'engine = create_engine(sa.URL.create(drivername="postgresql", host="h", query={"sslmode": "require"}))',
        "postgresql://h?sslmode=require",
    ),
    "URL.create of the engine module": (
        'from sqlalchemy.engine import URL as U\nengine = create_engine(U.create("sqlite", database="x.db"))',
        "sqlite:///x.db",
    ),
    "make_url": ('engine = create_engine(make_url("a://h"))', "a://h"),
    "set drivername": (
        'u = make_url("postgresql://h/b").set(drivername="postgresql+asyncpg")\nengine = create_engine(u)',
        "postgresql+asyncpg://h/b",
    ),
    "set drivername of a variable": (
        'u = make_url(os.environ["U"]).set(drivername="postgresql+asyncpg")\nengine = create_engine(u)',
        "postgresql+asyncpg://?",
    ),
    "render_as_string": (
        'u = URL.create("a", host="h")\nengine = create_engine(u.render_as_string(hide_password=False))',
        "a://h",
    ),
    "PostgresDsn.build": (
        "from pydantic import PostgresDsn\n"
        'engine = create_engine(str(PostgresDsn.build(scheme="postgresql", host="h", path="b")))',
        "postgresql://h/b",
    ),
    "a path": (
        "from pathlib import Path\nBASE = Path(__file__).parent\n"
        'engine = create_engine(f"sqlite:///{BASE / "x.db"}")'.replace('"x.db"', "'x.db'"),
        "sqlite:///?",
    ),
    "a dict's item": ('D = {"u": "a://"}\nengine = create_engine(D["u"])', "a://"),
    "a dict's get": ('D = {"u": "a://"}\nengine = create_engine(D.get("v", "b://"))', "b://"),
    "a choice of a dict": (
        'D = {"x": "a://", "y": "b://"}\nengine = create_engine(D[os.getenv("E", "x")])',
        "a:// $E",
    ),
    "a file": ('engine = create_engine(open("url").read())', "..."),
    "a library's setting": ("from company.settings import DATABASE_URL\nengine = create_engine(DATABASE_URL)", "..."),
    "it depends on itself": ("u = u\nengine = create_engine(u)", "..."),
    "nothing": ("engine = create_engine()", "..."),
    "a global": (
        'u = None\ndef configure():\n    global u\n    u = "a://"\ndef make():\n    return create_engine(u)',
        "a://",
    ),
    "a nested function": (
        'def f():\n    u = "a://"\n    def g():\n        return create_engine(u)\n    return g()',
        "a://",
    ),
    "with": (
        'from contextlib import contextmanager\n@contextmanager\ndef url():\n    yield "a://"\n'
        "with url() as u:\n    engine = create_engine(u)",
        "a://",
    ),
    "match": (
        'match os.name:\n    case "nt":\n        u = "a://"\n'
        '    case _:\n        u = "b://"\nengine = create_engine(u)',
        "a:// | b://",
    ),
    "TYPE_CHECKING": (
        'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\nu = "a://"\nengine = create_engine(u)',
        "a://",
    ),
}


@pytest.mark.parametrize(("source", "url"), CASES.values(), ids=CASES.keys())
def test_what_the_url_is(source: str, url: str) -> None:
    assert shown(only_engine(source).url) == url


def test_what_tests_hand_over_does_not_count() -> None:
    files = {
        "app/db.py": IMPORTS + "def make(url):\n    return create_engine(url)\nengine = make('a://')\n",
        "tests/test_db.py": "from app.db import make\ndef test_make():\n    make('b://')\n",
    }
    (engine,) = program_of(files).engines
    assert shown(engine.url) == "a://"


def test_a_value_from_the_environment_is_no_default() -> None:
    engine = only_engine('engine = create_engine(os.getenv("U", "a://"))', environment={"U": "b://"})
    assert engine.url.known == "b://"


def test_the_environment_decides_a_branch() -> None:
    source = """
    if os.getenv("ENV", "dev") == "prod":
        engine = create_engine("postgresql://h/b", pool_size=20)
    else:
        engine = create_engine("sqlite://")
    """
    assert shown(only_engine(source, environment={"ENV": "prod"}).url) == "postgresql://h/b"


def test_a_default_is_not_what_comes_to_a_branch_that_it_does_not_lead_to() -> None:
    source = """
    u = os.getenv("U", "postgresql://h/b")
    if u.startswith("sqlite"):
        first = create_engine(u, poolclass=StaticPool)
    else:
        second = create_engine(u)
    """
    first, second = program_of({"db.py": IMPORTS + textwrap.dedent(source)}).engines
    assert (first.name, shown(first.url), second.name, shown(second.url)) == (
        "first",
        "...",
        "second",
        "postgresql://h/b $U",
    )


def test_code_that_never_runs_makes_no_engine() -> None:
    assert not program_of({"db.py": IMPORTS + 'DEBUG = False\nif DEBUG:\n    engine = create_engine("a://")\n'}).engines


@pytest.mark.parametrize(
    "source",
    [
        'u = "a"\n' + 'u += "b"\n' * 5000 + "engine = create_engine(u)",
        'u = "a"\n'
        + "".join(f'u{n} = u{n - 1 if n else ""} + "b"\n' for n in range(3000))
        + "engine = create_engine(u2999)",
        'u = "a"' + ' + "b"' * 900 + "\nengine = create_engine(u)",
        "def f(n):\n    return f(n + 1) + f(n + 2) + 'x'\nengine = create_engine(f(0))",
        "def f(n):\n    return g(n + 1)\ndef g(n):\n    return f(n) or g(n + 2)\nengine = create_engine(f(0))",
    ],
    ids=["changed often", "a long chain", "a long sum", "recursion", "functions that call each other"],
)
def test_what_is_too_much_to_follow_ends_nothing(source: str) -> None:
    assert "..." in str(shown(only_engine(source).url)) or "?" in str(shown(only_engine(source).url))


def test_many_engines_do_not_use_up_what_each_may_take() -> None:
    lines = "".join(
        f"def make{n}(url, size):\n    return create_engine(url, pool_size=size)\ne{n} = make{n}('a://', {n})\n"
        for n in range(600)
    )
    engines = program_of({"db.py": IMPORTS + lines}).engines
    assert [shown(engine.argument("pool_size")) for engine in engines] == [str(n) for n in range(600)]
