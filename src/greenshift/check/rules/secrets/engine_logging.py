"""GS605: SQLAlchemy's statements logged by the logging configuration, in production."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, code
from greenshift.check.rules.secrets.echo import is_for_development
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.at_import import is_conditional, is_script
from greenshift.report.findings import Finding, Severity

_LEVELS: Final = frozenset({"logging.INFO", "logging.DEBUG"})
_TEXT_LEVELS: Final = ("INFO", "DEBUG")


class EngineLogging(Rule):
    """``logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)`` that nothing turns off."""

    id = "GS605"
    title = "SQLAlchemy's statements in the log, in production too"
    severity = Severity.ADVICE
    why = (
        "The logger `sqlalchemy.engine` writes each statement and its parameters at INFO, and the rows that come back "
        "at DEBUG, as echo does: what users typed goes to the log, and the log grows with every query. It also cannot "
        "be seen where the engine is made."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#configuring-logging"
    fix = "let a setting decide the level, WARNING in production; hide_parameters=True keeps the parameters out"
    bad = (
        code(
            """\
import logging

from sqlalchemy import create_engine

logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
engine = create_engine("postgresql+psycopg://localhost/shop")
""",
            finds="every statement",
        ),
        code(
            """\
from logging import DEBUG, getLogger

from sqlalchemy import create_engine

getLogger("sqlalchemy.engine.Engine").setLevel(DEBUG)
engine = create_engine("postgresql+psycopg://localhost/shop")
""",
            finds="every row",
        ),
    )
    good = (
        code(
            """\
import logging

from sqlalchemy import create_engine

logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
logging.getLogger("sqlalchemy.pool").setLevel(logging.INFO)
engine = create_engine("postgresql+psycopg://localhost/shop")
"""
        ),
        code(
            """\
import logging

from sqlalchemy import create_engine

from app.settings import settings

if settings.debug:
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
logging.getLogger("sqlalchemy.engine").setLevel(settings.log_level)
engine = create_engine("postgresql+psycopg://localhost/shop", hide_parameters=True)
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at the levels that code gives SQLAlchemy's logger."""
        for file in program.files:
            if "setLevel" not in file.text or is_script(file) or is_for_development(file.path):
                continue
            for call in file.nodes(ast.Call):
                level = _level(file, call)
                if level and not is_conditional(file, call):
                    logged = "every row" if level == "DEBUG" else "its parameters"
                    yield self.found(
                        f"this logs every statement and {logged}, in production too",
                        file.place(call),
                        subject=f"sqlalchemy.engine in {file.path}",
                    )


def _level(file: SourceFile, call: ast.Call) -> str:
    """Return the level (INFO or DEBUG) that a call surely gives SQLAlchemy's engine logger; "" if it does not."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "setLevel" and len(call.args) == 1):
        return ""
    logger, level = call.func.value, call.args[0]
    if not (isinstance(logger, ast.Call) and file.name(logger.func) == "logging.getLogger" and logger.args):
        return ""
    named = logger.args[0]
    if not (isinstance(named, ast.Constant) and isinstance(named.value, str)):
        return ""
    if named.value != "sqlalchemy" and not named.value.startswith("sqlalchemy.engine"):
        return ""
    if isinstance(level, ast.Constant):
        return str(level.value) if level.value in _TEXT_LEVELS else ""
    name = file.name(level) or ""
    return name.rpartition(".")[2] if name in _LEVELS else ""
