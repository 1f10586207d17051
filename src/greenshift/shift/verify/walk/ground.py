"""Equal data for both sides of a walk: the tables and rows that the application before makes at its start, copied."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from greenshift.application.drivers import driver_of
from greenshift.application.interpreter import Interpreter
from greenshift.application.variables import forms_of
from greenshift.config import Config
from greenshift.errors import GreenshiftError
from greenshift.postgres import Template, TemplateSource, TemplateTarget
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.running.databases import Databases, kind_for_walk
from greenshift.shift.verify.walk.processes import SideProcess, copied
from greenshift.shift.verify.walk.requests import Side

_SQLITE = (".db", ".sqlite", ".sqlite3")


class GroundSide(Protocol):
    """What is needed of a side."""

    @property
    def tree(self) -> Path:
        """Its tree."""

    @property
    def interpreter(self) -> Interpreter:
        """Its Python."""

    @property
    def config(self) -> Config:
        """Its configuration."""


class Ground:
    """Copies of both trees, and a database for each.

    Args:
        before: the side before.
        after: the side after.
        databases: the server that the tests ran on.
        folder: for what is temporary.

    Attributes:
        trees: the copies.
        databases: the names of the PostgreSQL databases, nothing on SQLite.
    """

    def __init__(self, before: GroundSide, after: GroundSide, databases: Databases, folder: Path) -> None:
        self._sides: dict[Side, GroundSide] = {"before": before, "after": after}
        self._databases = databases
        self._folder = folder
        self.trees: dict[Side, Path] = {}
        self.databases: dict[Side, str] = {}

    def prepare(self, app: str) -> dict[Side, dict[str, str]]:
        """Start the application before once, and copy what it has made; return each side's variables.

        Args:
            app: the application before.

        Raises:
            VerifyError: it does not start.
        """
        for side, one in self._sides.items():
            self.trees[side] = copied(one.tree, self._folder / f"walk-{side}")
        kind = kind_for_walk(self._databases.kind, self._sides["before"].tree, self._sides["before"].config)
        return self._on_postgresql(app) if kind == "postgresql" else self._on_sqlite(app, named=kind == "sqlite")

    def _on_postgresql(self, app: str) -> dict[Side, dict[str, str]]:
        databases = self._databases
        before = self._sides["before"]

        def build(target: TemplateTarget) -> None:
            driver = driver_of(before.interpreter, before.config, is_async=False)
            self._start(app, target.name, databases.values(target.name, driver, before.config))

        source = TemplateSource(f"greenshift walk {secrets.token_hex(8)}", build, "the application before")
        template = Template.ensure(databases.server, databases.run, source)
        found: dict[Side, dict[str, str]] = {}
        try:
            for side, one in self._sides.items():
                name = self.databases[side] = template.clone(databases.run, f"walk {side}").name
                driver = driver_of(one.interpreter, one.config, is_async=side == "after")
                found[side] = databases.values(name, driver, one.config)
        finally:
            with suppress(GreenshiftError):
                template.drop()
        return found

    def _on_sqlite(self, app: str, *, named: bool) -> dict[Side, dict[str, str]]:
        found: dict[Side, dict[str, str]] = {}
        for side, one in self._sides.items():
            driver = "+aiosqlite" if side == "after" else ""
            url = f"sqlite{driver}:///{self.trees[side] / 'greenshift_walk.db'}"
            found[side] = dict.fromkeys(forms_of(one.config), url) if named else {}
        self._start(app, "", found["before"])
        for file in self.trees["before"].rglob("*"):
            if file.suffix in _SQLITE and file.is_file():
                to = self.trees["after"] / file.relative_to(self.trees["before"])
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, to)
        return found

    def _start(self, app: str, database: str, variables: dict[str, str]) -> None:
        before = self._sides["before"]
        if before.config.alembic is not None:
            self._migrate(before, variables)
        recording = self._folder / "walk-prepare.jsonl"
        arguments = (before.interpreter, self.trees["before"], app, recording, database, variables)
        with SideProcess(*arguments, prepare=True) as process:
            process.ready()

    def _migrate(self, side: GroundSide, variables: dict[str, str]) -> None:
        tree = self.trees["before"]
        done = subprocess.run(
            [str(side.interpreter.program), "-m", "alembic", "-c", str(side.config.alembic), "upgrade", "head"],
            cwd=tree,
            env=side.interpreter.environment(tree, variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise VerifyError(f"alembic upgrade head fails for the walk: {reason}", "correct the migrations")
