"""The mark that every database made here carries, and the names that such databases get."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from psycopg import Connection, sql

Kind = Literal["template", "database", "kept"]

KINDS: tuple[Kind, ...] = ("template", "database", "kept")
# PostgreSQL cuts longer names silently, and a cut name could be another database's.
LONGEST_NAME = 63


@dataclass(frozen=True)
class Marker:
    """What the comment on a database made here says.

    Args:
        kind: ``template``, ``database`` (a clone in use) or ``kept`` (a clone that outlives its run).
        run: the identifier of the run that made it.
        created: when, by the server's clock.
        complete: whether it is finished; a template that is not will be built anew.
        label: what it is for, such as the worker or the test.
        template: the name of the template it was cloned from, or an empty string.
    """

    kind: Kind
    run: str
    created: datetime
    complete: bool = True
    label: str = ""
    template: str = ""

    def text(self) -> str:
        """Return the marker as the comment's text."""
        return json.dumps(
            {
                "greenshift": 1,
                "kind": self.kind,
                "run": self.run,
                "created": self.created.isoformat(timespec="milliseconds"),
                "complete": self.complete,
                "label": self.label,
                "template": self.template,
            }
        )

    @classmethod
    def parse(cls, comment: str | None) -> Marker | None:
        """Return the marker that a comment holds, or None where it is nobody's or someone else's comment."""
        if not comment or not comment.startswith("{"):
            return None
        try:
            values = json.loads(comment)
            if values["greenshift"] != 1 or values["kind"] not in KINDS:
                return None
            created = datetime.fromisoformat(values["created"])
            return cls(
                kind=values["kind"],
                run=str(values["run"]),
                created=created if created.tzinfo else created.replace(tzinfo=UTC),
                complete=values["complete"] is True,
                label=str(values.get("label", "")),
                template=str(values.get("template", "")),
            )
        except (ValueError, KeyError, TypeError):
            return None


def read_marker(connection: Connection[tuple[object, ...]], name: str) -> tuple[bool, Marker | None]:
    """Return whether a database of this name exists, and its marker.

    Args:
        connection: an open connection to any database of the server.
        name: the database to look at.
    """
    row = connection.execute(
        "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = %s",
        (name,),
    ).fetchone()
    if row is None:
        return False, None
    return True, Marker.parse(None if row[0] is None else str(row[0]))


def comment_statement(name: str, marker: Marker) -> sql.Composed:
    """Return the statement that writes a marker on a database."""
    return sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(marker.text()))


def slug(text: str, longest: int) -> str:
    """Return a text as part of a database's name: small letters, digits and underscores, cut with a hash.

    Args:
        text: any text, such as a test's identifier.
        longest: how many characters the result may have; at least 10.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if len(plain) <= longest and plain == text:
        return plain
    # Different texts must not meet in one name, so what was changed or cut off goes into a short hash.
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{plain[: longest - 7]}_{digest}".strip("_")


def template_name(fingerprint: str) -> str:
    """Return the name of the template that a fingerprint stands for."""
    return f"greenshift_t_{hashlib.sha256(fingerprint.encode()).hexdigest()[:12]}"


def database_name(run: str, label: str) -> str:
    """Return the name of a clone that a run uses under a label."""
    prefix = f"greenshift_{run[:8]}_"
    return prefix + slug(label, LONGEST_NAME - len(prefix))


def kept_name(name: str) -> str:
    """Return the name of a database that is kept under a name."""
    prefix = "greenshift_kept_"
    return prefix + slug(name, LONGEST_NAME - len(prefix))


def lock_key(text: str) -> int:
    """Return the key of the advisory lock that stands for a text (a run's identifier, a template's name)."""
    return int.from_bytes(hashlib.sha256(f"greenshift {text}".encode()).digest()[:8], "big", signed=True)
