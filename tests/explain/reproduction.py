"""Reproductions: small programs that fail in one way each, run on a real PostgreSQL, explained, mended and run again.

A reproduction is a file in ``reproductions/`` with

    KIND = "lazy relationship"          # the kind that it must be explained as
    DRIVERS = ("asyncpg", "psycopg")    # the drivers that can raise it
    STATIC = True                       # whether its printed traceback is enough to tell the kind (default)
    EDITS = True                        # whether the explanation carries edits that mend it (default False)
    EXTRA = "pgbouncer"                 # the URL leads through a PgBouncer in transaction mode;
                                        # "uncommitted": told only by the observer of forgotten commits

    def reproduce(url): ...             # or ``async def``; raises. ``url`` is ``postgresql+asyncpg://...``

A line with the comment ``# where: read here`` must be among the explanation's places, in that role.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import re
import shutil
import sys
import traceback
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent / "reproductions"
_WHERE = re.compile(r"# where: (?P<role>.+?)\s*$")


@dataclass
class Reproduction:
    """One file of ``reproductions/``, copied to a folder where it may be edited."""

    path: Path

    @classmethod
    def copied(cls, name: str, folder: Path) -> Reproduction:
        return cls(Path(shutil.copy(FOLDER / f"{name}.py", folder / f"reproduction_{uuid.uuid4().hex[:8]}.py")))

    def load(self) -> ModuleType:
        name = f"{self.path.stem}_{uuid.uuid4().hex[:8]}"
        spec = importlib.util.spec_from_file_location(name, self.path)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            source = self.path.read_text()
            # Cached bytecode would outlive an edit.
            exec(compile(source, str(self.path), "exec", dont_inherit=True), module.__dict__)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    def run(self, url: str) -> BaseException | None:
        """Run it, and return what it raised."""
        import linecache

        linecache.checkcache(str(self.path))
        try:
            module = self.load()
            result = module.reproduce(url)
            if inspect.iscoroutine(result):
                asyncio.run(result)
        except Exception as error:
            return error
        return None

    def marked(self) -> set[tuple[int, str]]:
        """The lines that say ``# where: role``."""
        lines = self.path.read_text().splitlines()
        return {(number, found["role"]) for number, line in enumerate(lines, 1) if (found := _WHERE.search(line))}


def printed(error: BaseException) -> str:
    """The traceback as a log has it."""
    return "".join(traceback.format_exception(error))


def declared(name: str) -> dict[str, object]:
    """The constants at the top of a reproduction, without running it."""
    import ast

    values: dict[str, object] = {"STATIC": True, "EDITS": False}
    for node in ast.parse((FOLDER / f"{name}.py").read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                pass
    return values


def names() -> Sequence[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py"))
