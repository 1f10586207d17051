"""GS603: a database's password written in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote

from greenshift.check.facts import Engine, Program, Scope, Text, Value
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.check.rules.secrets.echo import is_for_development
from greenshift.check.usage.at_import import is_script
from greenshift.report.findings import Finding, Place, Severity

_UNKNOWN: Final = "\0"
_AUTHORITY: Final = re.compile(r"[\w+.-]+://(?P<user>[^:/@]*):(?P<password>[^/]*)@(?P<host>\[[^\]]*\]|[^/:?@,]*)")
# A host that others reach: a name with a dot, or an address. A name without one is a container's or the machine itself.
_LOCAL: Final = re.compile(
    r"localhost|127\..*|0\.0\.0\.0|\[?::1\]?|[^.\0]*|.*\.(localhost|local|test|example|invalid|internal)"
    r"|(.*\.)?example\.(com|org|net)|db\.server.*|.*your.*|.*host\.docker.*",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(
    r".*(pass(word|wd|wort)?|secret|change|example|postgres|placeholder|dummy|fake|sample|default|your|todo|test|admin|"
    r"docker|insert|replace|redacted|hidden).*|[*x.•-]+|<.*>|\{.*|\$.*|%.*|[a-z]{1,5}|[0-9]{1,6}|pwd\w*|scott|tiger|\w*user\w*",
    re.IGNORECASE,
)


class PasswordInSource(Rule):
    """A URL, ``URL.create(password=...)`` or ``connect_args`` with a password in it."""

    id = "GS603"
    title = "a database's password in the source"
    severity = Severity.WARNING
    why = (
        "Whoever can read the repository, a copy of it, an image built from it or a traceback that shows the line can "
        "log in to the database, for as long as the password is not changed: it stays in the history when the line "
        "is gone. Changing it takes a release, so it is not changed."
    )
    source = "https://cwe.mitre.org/data/definitions/798.html"
    fix = "read it from the environment or a secret store, without a default; and change the password at the server"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop:nK4-vT9rq2@db.shop-platform.net/shop")
""",
            finds="db.shop-platform.net",
        ),
        code(
            """\
import os

from sqlalchemy import URL, create_engine

url = URL.create(
    "postgresql+psycopg",
    username="shop",
    password="nK4-vT9rq2",
    host=os.environ["DATABASE_HOST"],
    database="shop",
)
engine = create_engine(url)
""",
            finds="password",
        ),
        Sample(
            {
                "app/settings.py": """\
import os

DATABASE_URL = os.getenv("DATABASE_URL", "postgresql+asyncpg://shop:nK4-vT9rq2@10.20.0.7:5432/shop")
""",
                "app/database.py": """\
from sqlalchemy.ext.asyncio import create_async_engine

from app.settings import DATABASE_URL

engine = create_async_engine(DATABASE_URL)
""",
            },
            finds="10.20.0.7",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://shop@db.shop-platform.net/shop",
    connect_args={"password": "nK4-vT9rq2", "sslmode": "require"},
)
""",
            finds="connect_args",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_engine("postgresql+psycopg://postgres:postgres@localhost/shop")
replica = create_engine("postgresql+psycopg://shop:nK4-vT9rq2@127.0.0.1:5433/shop")
reports = create_async_engine("postgresql+asyncpg://shop:nK4-vT9rq2@db:5432/shop")
template = create_engine("postgresql+psycopg://user:password@db.company.net/shop")
trusted = create_engine("postgresql+psycopg://shop@db.company.net/shop")
"""
        ),
        code(
            """\
import os

from sqlalchemy import URL, create_engine

PASSWORD = os.environ["DATABASE_PASSWORD"]
engine = create_engine(f"postgresql+psycopg://shop:{PASSWORD}@db.shop-platform.net/shop")
other = create_engine(
    URL.create("postgresql+psycopg", username="shop", password=PASSWORD, host="db.shop-platform.net", database="shop"),
)
local = create_engine(
    URL.create("postgresql+psycopg", username="shop", password="shop", host=os.environ["DATABASE_HOST"]),
)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop:nK4-vT9rq2@db.shop-platform.net/shop")
""",
            path="tests/conftest.py",
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look for a password among what is known of the URL and the arguments."""
        if engine.is_live or engine.scope is Scope.TEST or is_for_development(engine.place.file):
            return
        if any(file.path == engine.place.file and is_script(file) for file in program.files):
            return
        for password, what, place in _passwords(engine):
            place = _written(program, engine, password) or place
            if place is not None and not is_for_development(place.file):
                yield self.found(
                    f"the password {what} is written in the source",
                    place,
                    subject=engine.subject,
                    related=[(engine.place, "the engine")] if place.file != engine.place.file else [],
                )
                return


def _passwords(engine: Engine) -> Iterator[tuple[str, str, Place | None]]:
    """Yield the passwords of an engine that are known and look real, what they are for, and where they are written."""
    hosts = set()
    for option in engine.url.options:
        user, password, host = _authority(option.value)
        hosts.add(host)
        if password and _is_real(user, password, host):
            what = "for the database" if not host or _UNKNOWN in host else f"of the database at {host}"
            yield password, what, option.place
    given = (engine.connect_arguments or {}).get("password")
    known = given.known if isinstance(given, Value) else given
    host = hosts.pop() if len(hosts) == 1 else ""
    if isinstance(known, str) and known and _is_real("", known, host or _UNKNOWN):
        yield known, "in connect_args", given.place if isinstance(given, Value) else None


def _authority(url: Any) -> tuple[str, str, str]:
    """Return the user, password and host of a URL; what is not known of it has a null byte."""
    if isinstance(url, Text):
        url = "".join(_UNKNOWN if piece is None else piece for piece in url.pieces)
    if not isinstance(url, str):
        return "", "", ""
    found = _AUTHORITY.match(url)
    if found is None:
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
        return "", "", host
    password = found["password"]
    return found["user"], "" if _UNKNOWN in password else password, found["host"]


def _is_real(user: str, password: str, host: str) -> bool:
    """Whether a password is no placeholder, and is for a server that others can reach."""
    plain = unquote(password)
    if _PLACEHOLDER.fullmatch(plain) or plain.lower() == unquote(user).lower():
        return False
    if _UNKNOWN in host or not host:
        # Where it is not known which server it is for, it must look like a password that is one.
        return len(plain) >= 8 and not plain.isalpha() and not plain.isdigit()
    return _LOCAL.fullmatch(host) is None


def _written(program: Program, engine: Engine, password: str) -> Place | None:
    """Return where the source has a password, preferably in the engine's file; None where no file read has it."""
    files = sorted(program.files, key=lambda file: file.path != engine.place.file)
    for file in files:
        if password in file.text and not file.is_test:
            for node in file.nodes(ast.Constant):
                if isinstance(node.value, str) and password in node.value:
                    return file.place(node)
    return None
