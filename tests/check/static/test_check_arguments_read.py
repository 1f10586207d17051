"""What an engine is given beside its URL: each form its own case."""

from __future__ import annotations

import pytest
from reading_programs import only_engine, shown

CASES = {
    "constants": ('engine = create_engine("a://", pool_size=5, echo=True)', {"pool_size": "5", "echo": "True"}),
    "a class": ('engine = create_engine("a://", poolclass=NullPool)', {"poolclass": "sqlalchemy.pool.NullPool"}),
    "a class of a module": (
        'engine = create_engine("a://", poolclass=sa.pool.NullPool)',
        {"poolclass": "sqlalchemy.pool.NullPool"},
    ),
    "a class of the program": (
        'class P(QueuePool):\n    pass\nengine = create_engine("a://", poolclass=P)',
        {"poolclass": "app.db.P"},
    ),
    "a conditional class": (
        'T = bool(os.cpu_count())\nengine = create_engine("a://", poolclass=NullPool if T else QueuePool)',
        {"poolclass": "sqlalchemy.pool.NullPool | sqlalchemy.pool.QueuePool"},
    ),
    "a number": ('engine = create_engine("a://", pool_size=int(os.getenv("P", "5")))', {"pool_size": "5 $P"}),
    "a number without default": (
        'engine = create_engine("a://", pool_size=int(os.environ["P"]))',
        {"pool_size": "..."},
    ),
    "a calculation": ('N = 4\nengine = create_engine("a://", pool_size=N * 2 + 1)', {"pool_size": "9"}),
    "a negative number": ('engine = create_engine("a://", max_overflow=-1)', {"max_overflow": "-1"}),
    "a comparison": (
        'engine = create_engine("a://", echo=os.getenv("E", "no") == "yes")',
        {"echo": "False $E"},
    ),
    "decouple's cast": (
        'from decouple import config\nengine = create_engine("a://", pool_size=config("P", default="5", cast=int))',
        {"pool_size": "5 $P"},
    ),
    "environs' cast": (
        'from environs import Env\nenv = Env()\nengine = create_engine("a://", pool_size=env.int("P", 5))',
        {"pool_size": "5 $P"},
    ),
    "a dict": (
        'engine = create_engine("a://", connect_args={"timeout": 5})',
        {"connect_args": "{timeout: 5}"},
    ),
    "dict()": ('engine = create_engine("a://", connect_args=dict(timeout=5))', {"connect_args": "{timeout: 5}"}),
    "a lambda": (
        'import json\nengine = create_engine("a://", json_serializer=json.dumps)',
        {"json_serializer": "json.dumps"},
    ),
    "splatted": ('O = {"pool_size": 3}\nengine = create_engine("a://", **O)', {"pool_size": "3"}),
    "splatted and written": (
        'O = {"pool_size": 3}\nengine = create_engine("a://", echo=True, **O)',
        {"echo": "True", "pool_size": "3"},
    ),
    "the URL in the dict": (
        'O = {"url": "a://", "pool_size": 3}\nengine = create_engine(**O)',
        {"pool_size": "3"},
    ),
    "merged with **": (
        'O = {"pool_size": 3, "echo": True}\nengine = create_engine("a://", **{**O, "echo": False})',
        {"pool_size": "3", "echo": "False"},
    ),
    "merged with |": (
        'O = {"pool_size": 3} | {"echo": False}\nengine = create_engine("a://", **O)',
        {"pool_size": "3", "echo": "False"},
    ),
    "an item": ('O = {}\nO["pool_size"] = 3\nengine = create_engine("a://", **O)', {"pool_size": "3"}),
    "update": (
        'O = {"echo": True}\nO.update({"pool_size": 3}, echo=False)\nengine = create_engine("a://", **O)',
        {"echo": "False", "pool_size": "3"},
    ),
    "|=": (
        'O = {"echo": True}\nO |= {"pool_size": 3}\nengine = create_engine("a://", **O)',
        {"echo": "True", "pool_size": "3"},
    ),
    "setdefault": (
        'O = {"echo": True}\nO.setdefault("echo", False)\nO.setdefault("pool_size", 3)\n'
        'engine = create_engine("a://", **O)',
        {"echo": "True", "pool_size": "3"},
    ),
    "pop": ('O = {"echo": True, "x": 1}\nO.pop("x")\nengine = create_engine("a://", **O)', {"echo": "True"}),
    "del": ('O = {"echo": True, "x": 1}\ndel O["x"]\nengine = create_engine("a://", **O)', {"echo": "True"}),
    "an item in a branch": (
        'O = {"echo": True}\nif os.cpu_count():\n    O["pool_size"] = 3\nengine = create_engine("a://", **O)',
        {"echo": "True", "pool_size": "3 | ..."},
    ),
    "another dict in a branch": (
        'if os.cpu_count():\n    O = {"echo": True}\nelse:\n    O = {"echo": False, "pool_size": 3}\n'
        'engine = create_engine("a://", **O)',
        {"echo": "True | False", "pool_size": "3 | ..."},
    ),
    "a conditional dict": (
        'engine = create_engine("a://", **({"pool_size": 3} if os.cpu_count() else {}))',
        {"pool_size": "3 | ..."},
    ),
    "or an empty dict": (
        'O = None\nengine = create_engine("a://", **(O or {}))',
        {},
    ),
    "a nested dict's item": (
        'O = {"connect_args": {}}\nO["connect_args"]["timeout"] = 5\nengine = create_engine("a://", **O)',
        {"connect_args": "{timeout: 5}"},
    ),
    "a nested dict's update": (
        'O = {"connect_args": {}, "echo": True}\nO["connect_args"].update(timeout=5)\n'
        'engine = create_engine("a://", **O)',
        {"connect_args": "...", "echo": "True"},
    ),
    "a dict that is printed": ('O = {"echo": True}\nprint(O)\nengine = create_engine("a://", **O)', {"echo": "True"}),
    "a dict that a function reads": (
        'def show(o):\n    return len(o)\nO = {"echo": True}\nshow(O)\nengine = create_engine("a://", **O)',
        {"echo": "True"},
    ),
    "a module's dict that goes into another": (
        'P = {"echo": True}\ndef make():\n    o = {}\n    o.update(P)\n    return create_engine("a://", **o)',
        {"echo": "True"},
    ),
    "a dict that a function fills": (
        'def fill(size, o):\n    o["pool_size"] = size\nO = {"echo": True}\nfill(3, O)\n'
        'engine = create_engine("a://", **O)',
        {"echo": "True", "pool_size": "3"},
    ),
    "a dict that a function fills for a class": (
        "def fill(o, pool):\n    if pool == QueuePool:\n        o.update(pool_size=3)\n"
        'O = {"echo": True}\nfill(O, QueuePool)\nP = {}\nfill(P, NullPool)\nengine = create_engine("a://", **O, **P)',
        {"echo": "True", "pool_size": "3"},
    ),
    "a dict that is logged": (
        'import logging\nO = {"echo": True}\nlogging.info("%s", O)\nengine = create_engine("a://", **O)',
        {"echo": "True"},
    ),
    "a function's dict": (
        'def options(size):\n    return {"pool_size": size}\nengine = create_engine("a://", **options(3))',
        {"pool_size": "3"},
    ),
    "keywords handed on": (
        'def make(url, **kw):\n    return create_engine(url, **kw)\ne = make("a://", pool_size=3)',
        {"pool_size": "3"},
    ),
    "keywords with a default below": (
        'def make(url, **kw):\n    kw.setdefault("echo", False)\n'
        '    return create_engine(url, **kw)\ne = make("a://", pool_size=3)',
        {"pool_size": "3", "echo": "False"},
    ),
    "a parameter's default": (
        'def make(url, echo=False):\n    return create_engine(url, echo=echo)\ne = make("a://")',
        {"echo": "False"},
    ),
    "two callers": (
        'def make(echo):\n    return create_engine("a://", echo=echo)\nmake(True)\nmake(False)',
        {"echo": "True | False"},
    ),
    "no caller": ('def make(echo=False):\n    return create_engine("a://", echo=echo)', {"echo": "False | ..."}),
    "a partial": (
        'make = partial(create_engine, pool_size=3)\nengine = make("a://", echo=True)',
        {"pool_size": "3", "echo": "True"},
    ),
    "an attribute": (
        "class Db:\n    def __init__(self):\n        self.options = {'pool_size': 3}\n    def make(self):\n"
        '        return create_engine("a://", **self.options)',
        {"pool_size": "3"},
    ),
    "an alias": ("from sqlalchemy import create_engine as ce\nengine = ce('a://', pool_size=3)", {"pool_size": "3"}),
    "an assigned alias": ("make = create_engine\nengine = make('a://', pool_size=3)", {"pool_size": "3"}),
    "configuration with a prefix": (
        'engine = sa.engine_from_config({"db.url": "a://", "db.pool_size": 3, "x": 1}, prefix="db.")',
        {"pool_size": "3"},
    ),
    "configuration and keywords": (
        'engine = sa.engine_from_config({"sqlalchemy.url": "a://", "sqlalchemy.echo": True}, poolclass=NullPool)',
        {"echo": "True", "poolclass": "sqlalchemy.pool.NullPool"},
    ),
}


@pytest.mark.parametrize(("source", "arguments"), CASES.values(), ids=CASES.keys())
def test_what_an_engine_is_given(source: str, arguments: dict[str, str]) -> None:
    engine = only_engine(source)
    assert {name: shown_symbol(value) for name, value in engine.arguments.items()} == arguments
    assert engine.open_arguments == ""


def shown_symbol(value: object) -> object:
    """As ``shown``, symbols by their whole names."""
    from greenshift.check.facts import Symbol, Value

    assert isinstance(value, Value)
    names = [option.value.name for option in value.options if isinstance(option.value, Symbol)]
    return " | ".join(names) if names else shown(value)


OPEN = {
    "an unknown dict": "import company\nengine = create_engine('a://', **company.options())",
    "a dict from a file": "import json\nengine = create_engine('a://', **json.load(open('x')))",
    "a key that is not known": "O = {}\nO[os.environ['K']] = 1\nengine = create_engine('a://', **O)",
    "a function that may leave early": "def add(o):\n    if os.cpu_count():\n        return\n    o['pool_size'] = 3\n"
    "O = {}\nadd(O)\nengine = create_engine('a://', **O)",
    "a function that is not here": "import company\nO = {}\ncompany.add(1, O)\ncompany.fill(O)\n"
    "engine = create_engine('a://', **O)",
    "a function that changes a module's dict": "O = {}\ndef configure():\n    O['pool_size'] = 3\n"
    "def make():\n    return create_engine('a://', **O)",
    "a method that changes an attribute": "class Db:\n    def __init__(self):\n        self.o = {}\n"
    "    def add(self):\n        self.o['pool_size'] = 3\n"
    "    def make(self):\n        return create_engine('a://', **self.o)",
    "an unknown update": "import company\nO = {'echo': True}\n"
    "O.update(company.options)\nengine = create_engine('a://', **O)",
    "keywords of no caller": "def make(**kw):\n    return create_engine('a://', **kw)",
    "alembic's section": "engine = sa.engine_from_config(config.get_section('x'), prefix='sqlalchemy.')",
}


@pytest.mark.parametrize("source", OPEN.values(), ids=OPEN.keys())
def test_more_may_be_given(source: str) -> None:
    engine = only_engine(source)
    assert engine.open_arguments
    given = engine.argument("pool_size")
    assert given is not None
    assert given.unknown


def test_a_dict_that_is_not_whole_is_not_known() -> None:
    engine = only_engine("import company\nengine = create_engine('a://', connect_args={**company.X, 'timeout': 5})")
    given = engine.argument("connect_args")
    assert given is not None
    assert given.unknown
    assert engine.connect_arguments is None
