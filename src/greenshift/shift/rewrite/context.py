"""What a fixer is given, and where it puts what it finds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from greenshift.shift.kinds import Kinds
from greenshift.shift.project import Module, Place, Project, Source
from greenshift.shift.rewrite.edits import Edits
from greenshift.shift.rewrite.imports import Imports
from greenshift.shift.rewrite.options import STAGES, Options

if TYPE_CHECKING:
    from greenshift.shift.colour import Colours


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """A place that was left as it is, or that the user should look at.

    Attributes:
        place: Where.
        kind: A short word for grouping, e.g. ``query``, ``lazy load``, ``blocking``, ``barrier``.
        reason: Why, in one line.
    """

    place: Place
    kind: str
    reason: str


@dataclass
class Context:
    """One stage's work on a project.

    Attributes:
        project: The parsed application.
        kinds: What its expressions are.
        options: What the user chose.
        colours: Which functions become async (``flip`` only).
        untouched: Modules that the fixer which runs now must leave as they are: what it does there is dropped.
        left: Places listed for the user.
        counts: Figures for the scoreboard, e.g. ``native`` and ``bridged``.
    """

    project: Project
    kinds: Kinds
    options: Options = field(default_factory=Options)
    colours: Colours | None = None
    untouched: frozenset[Module] = frozenset()
    left: list[Left] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    _listed: set[Left] = field(default_factory=set)
    _edits: dict[Module, Edits] = field(default_factory=dict)
    _imports: dict[Module, Imports] = field(default_factory=dict)

    def edits(self, module: Module) -> Edits:
        """Return the edits of a module's text."""
        if module in self.untouched:
            return Edits(module.source)
        if module not in self._edits:
            self._edits[module] = Edits(module.source)
        return self._edits[module]

    def imports(self, module: Module) -> Imports:
        """Return the imports of a module: ``context.imports(module).need("sqlalchemy", "select")``."""
        if module in self.untouched:
            return Imports(module)
        if module not in self._imports:
            self._imports[module] = Imports(module)
        return self._imports[module]

    def leave(self, module: Module, node: ast.AST, kind: str, reason: str) -> None:
        """List a place for the user."""
        if module in self.untouched:
            return
        left = Left(module.source.place(node), kind, reason)
        if left not in self._listed:
            self._listed.add(left)
            self.left.append(left)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a figure."""
        self.counts[name] = self.counts.get(name, 0) + number

    def sources(self) -> tuple[list[Source], list[tuple[Module, SyntaxError]]]:
        """Return the new source of every file that changes, and the modules whose new text does not parse."""
        found: list[Source] = []
        broken: list[tuple[Module, SyntaxError]] = []
        for module in self.project.modules:
            edits, imports = self._edits.get(module), self._imports.get(module)
            if edits or (imports is not None and imports.needed):
                text = edits.apply() if edits is not None else module.source.text
                try:
                    source = self._rewritten(module, text, imports or Imports(module))
                except SyntaxError as error:
                    broken.append((module, error))
                    continue
                if source.text != module.source.text:
                    found.append(source)
        return found, broken

    @staticmethod
    def _rewritten(module: Module, text: str, imports: Imports) -> Source:
        try:
            return imports.apply(text)
        except SyntaxError:
            return Source(module.file, text)


Fixer = Callable[[Context], None]
"""A fixer: looks at the whole project and adds edits, imports and notes to the context."""

__all__ = ["STAGES", "Context", "Fixer", "Left", "Options"]
