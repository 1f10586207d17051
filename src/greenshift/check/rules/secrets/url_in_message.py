"""GS602: a database's URL with its password in a message."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from greenshift.check.facts import Engine, Program, Scope, Text
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.at_import import is_script
from greenshift.check.usage.names import Names
from greenshift.check.usage.sinks import shown_parts, sinks
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

_HIDING: Final = ("URL.create(", "make_url(", "SecretStr")

_SETTINGS = """\
import os

DATABASE_URL = os.environ["DATABASE_URL"]
"""


class UrlInMessage(Rule):
    """``logger.info(f"connecting to {DATABASE_URL}")``, ``print(url.render_as_string(hide_password=False))``."""

    id = "GS602"
    title = "the database's URL, password included, in a message"
    severity = Severity.WARNING
    why = (
        "A URL as text has the password in it, and a message goes to logs, terminals, error trackers and answers to "
        "requests, which more people can read than the database. SQLAlchemy's own URL objects hide it (`***`) when "
        "they are shown, since 1.4; the text from the settings does not, and neither does "
        "`render_as_string(hide_password=False)`."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.engine.URL.render_as_string"
    fix = "show `engine.url`, or `make_url(DATABASE_URL)`: their text has *** in place of the password"
    bad = (
        Sample(
            {
                "app/settings.py": _SETTINGS,
                "app/database.py": """\
import logging

from sqlalchemy import create_engine

from app.settings import DATABASE_URL

logger = logging.getLogger(__name__)
logger.info(f"Connecting to {DATABASE_URL}")
engine = create_engine(DATABASE_URL)
""",
            },
            finds="the log",
        ),
        code(
            """\
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app.settings import settings

engine = create_engine(str(settings.database_url), pool_pre_ping=True)


def check():
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError as error:
        raise RuntimeError("no database at {}".format(settings.database_url)) from error
""",
            finds="an exception",
        ),
        code(
            """\
from sqlalchemy import create_engine

from app.settings import settings

engine = create_engine(settings.database_url)
print("using", engine.url.render_as_string(hide_password=False))
""",
            finds="render_as_string",
        ),
        code(
            """\
from fastapi import FastAPI
from sqlalchemy import create_engine

from app.settings import settings

app = FastAPI()
engine = create_engine(settings.database_url)


@app.get("/health")
def health():
    return {"status": "ok", "database": settings.database_url}
""",
            finds="the answer of health",
        ),
    )
    good = (
        code(
            """\
import logging

from sqlalchemy import create_engine, make_url

from app.settings import settings

logger = logging.getLogger(__name__)
url = make_url(settings.database_url)
engine = create_engine(url)
logger.info("connecting to %s", url)
logger.info(f"connecting to {engine.url}, {str(engine.url)}, {engine.url.render_as_string()}, {engine.url.host}")
logger.info("connecting to %s", settings.database_url.split("@")[-1])
logger.info("connecting to %s", make_url(settings.database_url))
"""
        ),
        code(
            """\
from sqlalchemy import URL, create_engine

from app.settings import settings

url = URL.create("postgresql+psycopg", username="shop", password=settings.password, host=settings.host)
engine = create_engine(url)
print(url)
alembic_url = url.render_as_string(hide_password=False)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

DATABASE_URL = "sqlite:///shop.db"
engine = create_engine(DATABASE_URL)
print(DATABASE_URL)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

DATABASE_URL = "postgresql+psycopg:///shop"
engine = create_engine(DATABASE_URL)
print(DATABASE_URL)
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at what is printed, logged, raised and returned by routes."""
        usage = usage_of(program)
        urls = _urls(usage.names)
        for file in program.files:
            if is_script(file) or not (urls or "render_as_string" in file.text):
                continue
            for sink in sinks(usage, file):
                for part in shown_parts(sink.values):
                    leak = _leak(usage.names, file, part, urls)
                    if leak:
                        yield self.found(
                            f"{leak} goes to {sink.what}, with its password",
                            file.place(part),
                            subject=f"{leak} in {file.path}",
                        )


def _leak(names: Names, file: SourceFile, node: ast.expr, urls: set[str]) -> str:
    """Return what an expression shows of a URL that has its password; "" if it is none, or that is not sure."""
    assigned = names.assigned(file, node) if isinstance(node, ast.Name) else None
    for home, value in [(file, node), *([assigned] if assigned is not None else [])]:
        if _renders_password(value):
            return ast.unparse(node)
        if _key(names, home, value) in urls:
            return ast.unparse(node)
    return ""


def _renders_password(node: ast.expr) -> bool:
    """``url.render_as_string(hide_password=False)``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "hide_password")]
    return node.func.attr == "render_as_string" and any(
        isinstance(value, ast.Constant) and value.value is False for value in given
    )


def _urls(names: Names) -> set[str]:
    """Return the keys of the names that engines are given as their URL, where that is a text with a password."""
    found = set()
    for engine in names.program.engines:
        written = engine.written.get("url")
        file = names.file(engine.place.file)
        if written is None or file is None or engine.scope is Scope.TEST or not _may_have_password(engine):
            continue
        for kind in (ast.Name, ast.Attribute, ast.Call):
            for node in file.nodes(kind):
                if file.place(node) == written.value:
                    given: ast.expr = node
                    if isinstance(node, ast.Call):
                        if file.name(node.func) != "str" or len(node.args) != 1:
                            continue
                        given = node.args[0]
                    key = _key(names, file, given)
                    if key and not _is_hidden(names, file, given):
                        found.add(key)
    return found


def _may_have_password(engine: Engine) -> bool:
    """Whether an engine's URL may have a password: it is no SQLite, and not wholly known to have none."""
    if engine.dialect == "sqlite" or any(_scheme(option.value) == "sqlite" for option in engine.url.options):
        return False
    if engine.url.unknown or any(option.variable or _is_partly(option.value) for option in engine.url.options):
        return True
    return any(":" in _user_part(option.value) for option in engine.url.options)


def _is_partly(url: object) -> bool:
    return isinstance(url, Text) and url.whole is None


def _scheme(url: object) -> str:
    text = url.start if isinstance(url, Text) else str(url)
    return text.partition(":")[0].partition("+")[0]


def _user_part(url: object) -> str:
    text = "".join(piece or "" for piece in url.pieces) if isinstance(url, Text) else str(url)
    return text.partition("://")[2].rpartition("@")[0]


def _is_hidden(names: Names, file: SourceFile, node: ast.expr) -> bool:
    """Whether the name may mean an object that hides the password: SQLAlchemy's URL, or a secret of pydantic."""
    last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    for other in names.program.files:
        if last not in other.text:
            continue
        for value in _definitions(other, last):
            text = ast.unparse(value)
            if any(word in text for word in _HIDING) or "URL" in {
                part.id for part in ast.walk(value) if isinstance(part, ast.Name)
            }:
                return True
    return False


def _definitions(file: SourceFile, name: str) -> Iterator[ast.AST]:
    """Yield what a file says of a name: what is assigned to it, its annotation, the property of that name."""
    for assign in file.nodes(ast.Assign):
        if any(_last(target) == name for target in assign.targets):
            yield assign.value
    for annotated in file.nodes(ast.AnnAssign):
        if _last(annotated.target) == name:
            yield annotated
    for function in file.nodes(ast.FunctionDef):
        if function.name == name:
            yield function


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _key(names: Names, file: SourceFile, node: ast.expr) -> str:
    """Return a text that is the same for the same name wherever it is used; "" for what is no name."""
    if isinstance(node, ast.Attribute):
        inner = _key(names, file, node.value)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        inner = _key(names, file, node.func)
        return f"{inner}()" if inner else ""
    if isinstance(node, ast.Name):
        return names.origin_key(file, node)
    return ""
