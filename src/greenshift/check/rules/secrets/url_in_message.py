"""GS602: a database's URL with its password in a message."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.at_import import is_script
from greenshift.check.usage.database_urls import key_of, url_keys
from greenshift.check.usage.names import Names
from greenshift.check.usage.sinks import shown_parts, sinks
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

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
        urls = url_keys(usage.names)
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
        if key_of(names, home, value) in urls:
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
