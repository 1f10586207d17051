"""Finds the places, and says what the rewriter does about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from greenshift.shift.colour import Colours, colour
from greenshift.shift.kinds import infer
from greenshift.shift.kinds.session_origins import has_only_async_sessions
from greenshift.shift.project import Place, Project, SkippedFile, project_of
from greenshift.shift.reading import read_tree
from greenshift.shift.rewrite.context import Context, Left
from greenshift.shift.rewrite.options import Options
from greenshift.shift.scan.files import file_items
from greenshift.shift.scan.phases import BRIDGED, PHASES

SYNC_BOUNDARIES = {
    "engine", "session factory", "session dependency", "session", "query", "route", "service", "background task",
    "task or command", "script", "connection", "metadata", "bulk",
}  # fmt: skip
"""The kinds that ``--fail-on-sync`` counts."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One place.

    Attributes:
        phase: The phase of a migration to which it belongs.
        place: Where.
        kind: What it is: ``engine``, ``session dependency``, ``route``, ``query``, ``fixture``...
        text: The line, or the name of the function.
        action: What the rewriter will do about it.
    """

    phase: str
    place: Place
    kind: str
    text: str
    action: str


@dataclass
class Inventory:
    """What an application has to move.

    Attributes:
        root: The application's folder.
        items: The places, by phase and file.
        skipped: Files that could not be read as Python.
        left: What the rewriter would list as not done natively.
        modules: How many modules were read.
        lines: How many lines they have.
        has_only_async_sessions: Whether the application makes no sync session: what is sync then runs inside of an
            async one.
    """

    root: Path
    items: list[Item] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    modules: int = 0
    lines: int = 0
    has_only_async_sessions: bool = False

    @property
    def boundaries(self) -> list[Item]:
        """The places where application code (no test, no migration) holds a sync session or engine of its own.

        What runs inside of an async session holds none.
        """
        return [item for item in self.items if item.kind in SYNC_BOUNDARIES and self._is_boundary(item)]

    def _is_boundary(self, item: Item) -> bool:
        if item.phase in ("tests", "alembic"):
            return False
        return not (self.has_only_async_sessions and item.action.endswith(BRIDGED))

    def phase(self, name: str) -> list[Item]:
        """Return the items of a phase."""
        return [item for item in self.items if item.phase == name]

    def as_dict(self) -> dict[str, Any]:
        """Return the inventory for ``--json``."""
        return {
            "root": str(self.root),
            "modules": self.modules,
            "lines": self.lines,
            "sync_boundaries": len(self.boundaries),
            "kinds": dict(Counter(item.kind for item in self.items).most_common()),
            "phases": {
                phase: [
                    {
                        "file": item.place.file,
                        "line": item.place.line,
                        "kind": item.kind,
                        "text": item.text,
                        "action": item.action,
                    }
                    for item in self.phase(phase)
                ]
                for phase in PHASES
            },
            "left": [
                {"file": one.place.file, "line": one.place.line, "kind": one.kind, "reason": one.reason}
                for one in self.left
            ],
            "skipped": [{"file": one.file, "reason": one.reason} for one in self.skipped],
        }


def scan(path: Path, *, progress: Callable[[int], None] | None = None) -> Inventory:
    """Take the inventory of an application, or of one of its folders or files.

    The whole application around the path is read, so that sessions are followed across its modules; only what lies
    under the path is reported.

    Args:
        path: A folder or a file.
        progress: Called now and then with the number of functions looked at.

    Raises:
        ShiftError: There is no Python file.
    """
    root = application_root(path)
    tree = read_tree(root)
    project = project_of(tree.texts, tree.skipped)
    context, colours = _coloured(project, progress)
    from greenshift.shift.scan.places import code_items

    items = {*code_items(context, colours), *file_items(root)}
    inventory = Inventory(root, skipped=project.skipped, modules=len(project.modules))
    inventory.lines = sum(text.count("\n") for text in tree.texts.values())
    inventory.has_only_async_sessions = has_only_async_sessions(project, context.kinds)
    inside = _inside(root, path)
    inventory.items = sorted(
        (item for item in items if inside(item.place.file)),
        key=lambda item: (list(PHASES).index(item.phase), item.place, item.kind),
    )
    inventory.left = sorted(one for one in context.left if inside(one.place.file) and one.kind != "bridged")
    return inventory


def _coloured(project: Project, progress: Callable[[int], None] | None) -> tuple[Context, Colours]:
    context = Context(project, infer(project, progress), Options())
    context.colours = colour(context)
    return context, context.colours


def application_root(path: Path) -> Path:
    """Return the folder of the application that a path belongs to: the nearest that holds its project file."""
    folder = path if path.is_dir() else path.parent
    marks = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "Pipfile", "pytest.ini", ".git")
    for candidate in (folder, *folder.resolve().parents):
        if any((candidate / mark).exists() for mark in marks):
            return candidate
    return folder


def _inside(root: Path, path: Path) -> Callable[[str], bool]:
    relative = path.resolve().relative_to(root.resolve()).as_posix()
    if relative == ".":
        return lambda file: True
    return lambda file: file == relative or file.startswith(f"{relative}/")
