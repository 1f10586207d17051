"""A template made by an application's Alembic migrations."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from greenshift.definitions.alembic_files import find_alembic
from greenshift.definitions.extensions import extensions_created
from greenshift.definitions.failure import shown
from greenshift.definitions.source import BuildTarget, Definition, SQLiteTarget, async_url, sync_url
from greenshift.postgres.errors import TemplateError

_CHILD = "greenshift.definitions.alembic_process"


class MigrationFailure(Exception):  # noqa: N818  (it carries another process's failure and is never raised alone)
    """What stopped a migration, where the exception itself could not be brought over from its process."""


def from_alembic(
    ini: Path,
    *,
    root: Path | None = None,
    environment: Callable[[BuildTarget], Mapping[str, str]] | None = None,
) -> Definition:
    """Define a template by ``alembic upgrade heads``.

    The migrations run in a process of their own: an async ``env.py`` works although a loop runs here, its logging
    configuration leaves the suite's alone, and settings that it reads and caches do not stay behind.
    ``sqlalchemy.url`` is the template's, with a driver that serves sync and async engines.

    Args:
        ini: ``alembic.ini``.
        root: the folder in which the migrations run; the working directory by default.
        environment: makes the environment variables that ``env.py`` may read the URL from.

    Raises:
        ConfigurationError: Alembic is not installed, or the file or the environment is missing.
    """
    folder = Path.cwd() if root is None else root
    files = find_alembic(ini, folder)

    def build(target: BuildTarget) -> None:
        # psycopg serves both kinds of engine; SQLite's two drivers serve one each.
        url = async_url(target) if isinstance(target, SQLiteTarget) and files.is_async else sync_url(target)
        variables = dict(environment(target)) if environment is not None else {}
        report = _upgrade(ini, folder, url, variables)
        if report is not None:
            raise _failure(ini, report)

    return Definition(
        fingerprint=files.fingerprint(),
        build=build,
        label=f"alembic {shown(ini)}",
        extensions=extensions_created(files.texts()),
    )


def _upgrade(ini: Path, root: Path, url: str, variables: Mapping[str, str]) -> Mapping[str, Any] | None:
    request = {"ini": str(ini.resolve()), "root": str(root), "url": url, "sys_path": sys.path}
    finished = subprocess.run(
        [sys.executable, "-m", _CHILD],
        input=json.dumps(request),
        env={**os.environ, **variables},
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    last = finished.stdout.strip().rpartition("\n")[2]
    try:
        report: Mapping[str, Any] | None = json.loads(last)
    except ValueError:
        words = finished.stderr.strip().rpartition("\n")[2]
        return {"problem": f"its process ended with status {finished.returncode}: {words}"}
    return report


def _failure(ini: Path, report: Mapping[str, Any]) -> TemplateError:
    place = f" ({report['location']})" if report.get("location") else ""
    if report.get("revision"):
        problem = f"migration {report['revision']} failed: {report['problem']}{place}"
        fix = "correct that migration; nothing was kept of the template"
    else:
        problem = f"`alembic upgrade heads` with {shown(ini)} failed: {report['problem']}{place}"
        fix = "correct env.py or the revisions until `alembic upgrade heads` works on an empty database"
    failure = TemplateError(problem, fix)
    failure.__cause__ = _cause(report)
    return failure


def _cause(report: Mapping[str, Any]) -> BaseException:
    cause: BaseException = MigrationFailure(report["problem"])
    # An exception class may not survive pickling; its text does.
    with contextlib.suppress(Exception):
        found = pickle.loads(base64.b64decode(report.get("exception", "")))  # noqa: S301  (our own process wrote it)
        if isinstance(found, BaseException):
            cause = found
    if report.get("traceback"):
        cause.add_note(report["traceback"])
    return cause
