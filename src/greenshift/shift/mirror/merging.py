"""A mirror brought up to date: generated pieces replaced, added and removed, all else kept byte for byte."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Literal

from greenshift.shift.mirror.fingerprint import fingerprint
from greenshift.shift.mirror.import_order import with_sorted_imports
from greenshift.shift.mirror.pieces import Generation, Wanted
from greenshift.shift.mirror.units import Unit, split
from greenshift.shift.project import Source
from greenshift.shift.project.collection import collect_module
from greenshift.shift.rewrite.edits import Edits
from greenshift.shift.rewrite.imports import add_imports, without_unused_imports

What = Literal["new", "changed", "removed", "edited"]
HEADER = "# The functions below a marker comment are written by `greenshift mirror {file}`; all else is kept.\n"


@dataclass(frozen=True)
class Difference:
    """A piece of the mirror that is not as it would be written now.

    Attributes:
        name: Its name in the mirror.
        line: Its line in the mirror, from 1; 0 for a new one.
        what: ``new``, ``changed`` or ``removed`` in the source; ``edited`` by hand here, and other in the source.
        reason: What happened, in one line.
    """

    name: str
    line: int
    what: What
    reason: str


@dataclass
class Merged:
    """A mirror after the update.

    Attributes:
        text: Its text.
        differences: What is not, or was not, as it would be written now.
    """

    text: str
    differences: list[Difference] = field(default_factory=list)


def written_anew(generation: Generation, file: str) -> str:
    """Return a mirror's text where there is none yet.

    Args:
        generation: What it holds.
        file: The source's name.
    """
    parts = [generation.docstring, _imports_of(generation), HEADER.format(file=file).rstrip()]
    head = "\n\n".join(part for part in parts if part) + "\n"
    return with_sorted_imports(merged(head, generation, force=False).text)


def _imports_of(generation: Generation) -> str:
    """The source's imports of what the mirror uses, and pytest-asyncio's beside pytest's."""
    used = sorted({bound.partition(".")[0] for _, _, bound in generation.imports})
    source = Source("mirror.py", f"{generation.import_block}\n[{', '.join(used)}]\n")
    module = collect_module("mirror", source, is_package=False, is_test=True)
    lines = without_unused_imports(source, module).text.split("\n")[:-2]
    if ("pytest_asyncio", "", "pytest_asyncio") in generation.imports and "import pytest" in lines:
        lines.insert(lines.index("import pytest") + 1, "import pytest_asyncio")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def merged(text: str, generation: Generation, *, force: bool) -> Merged:
    """Bring a mirror up to date.

    Args:
        text: The mirror as it is.
        generation: The mirror as it would be written anew.
        force: Whether pieces that were edited by hand are written over.
    """
    return _Merging(Source("mirror.py", text), generation, force).run()


class _Merging:
    def __init__(self, source: Source, generation: Generation, force: bool) -> None:
        self.source = source
        self.generation = generation
        self.force = force
        self.units = split(source)
        self.edits = Edits(source)
        self.differences: list[Difference] = []
        self.existing = {unit.marker.name: unit for unit in self.units if unit.marker is not None}
        self.unmarked = {unit.name for unit in self.units if unit.marker is None}

    def run(self) -> Merged:
        wanted = {one.marker.name for one in self.generation.pieces}
        last: dict[str | None, Unit] = {}
        headers: dict[str, list[Wanted]] = {}
        order: list[tuple[int, list[Wanted]]] = []
        for piece in self.generation.pieces:
            unit = self.existing.get(piece.marker.name)
            if unit is not None:
                self._update(unit, piece)
                last[piece.owner] = unit
                if piece.is_header:
                    last[piece.name] = unit
                continue
            if piece.name in self.unmarked:
                # Somebody wrote it by hand, or took its marker away: it is theirs.
                continue
            self.differences.append(Difference(piece.name, 0, "new", "has no mirror yet"))
            if piece.owner in headers:
                headers[piece.owner].append(piece)
                continue
            group = [piece]
            if piece.is_header:
                headers[piece.name] = group
            offset = self._offset(last.get(piece.owner), piece.owner)
            order.append((offset, group))
        for offset, group in order:
            self.edits.insert(offset, self._inserted(offset, group))
        for name, unit in self.existing.items():
            if name not in wanted:
                self._remove(unit)
        text = self.edits.apply()
        self.differences.sort(key=lambda one: one.line)
        return Merged(self._with_imports(text), self.differences)

    def _update(self, unit: Unit, piece: Wanted) -> None:
        assert unit.marker is not None
        if unit.marker == piece.marker:
            return
        own = fingerprint(unit.text)
        is_edited = own not in (unit.marker.own, piece.marker.own)
        same_source = unit.marker.source == piece.marker.source
        if same_source and unit.marker.own == piece.marker.own:
            return
        reason = "what it uses has changed" if same_source else "its source has changed"
        if is_edited and not self.force:
            self._differs(unit, "edited", f"{reason}, and it was edited by hand: it is kept (--force writes it anew)")
            return
        if own != piece.marker.own or not same_source:
            self._differs(unit, "changed", reason)
        text = piece.text if own != piece.marker.own else unit.text
        self.edits.replace(unit.begin, unit.end, piece.marker.line(unit.indentation) + text)

    def _remove(self, unit: Unit) -> None:
        assert unit.marker is not None
        if fingerprint(unit.text) != unit.marker.own and not self.force:
            self._differs(
                unit, "edited", "its source is gone, and it was edited by hand: it is kept (--force removes it)"
            )
            return
        if unit.is_header and any(
            one.owner == unit.name and (one.marker is None or fingerprint(one.text) != one.marker.own)
            for one in self.units
        ):
            self._differs(unit, "edited", "its source is gone, and its class holds what was written by hand")
            return
        self._differs(unit, "removed", "its source is gone, or cannot be mirrored any more")
        above = self.source.text[: unit.begin]
        self.edits.replace(min(unit.begin, len(above.rstrip("\n")) + 1), unit.end, "")

    def _differs(self, unit: Unit, what: What, reason: str) -> None:
        line = self.source.text.count("\n", 0, unit.start) + 1
        self.differences.append(Difference(unit.name, line, what, reason))

    def _offset(self, before: Unit | None, owner: str | None) -> int:
        """Where a new piece goes: behind the one that its source follows."""
        if before is None and owner is not None:
            before = next((one for one in self.units if one.is_header and one.name == owner), None)
        if before is None:
            generated = [one.begin for one in self.units if one.marker is not None and one.owner is None]
            return min(generated, default=len(self.source.text))
        if owner is None and before.is_header:
            # Behind the whole class, whose last lines may be anybody's.
            return max([one.end for one in self.units if one.owner == before.name], default=before.end)
        return before.end

    def _inserted(self, offset: int, pieces: list[Wanted]) -> str:
        text = ""
        for piece in pieces:
            lines = "\n" if piece.owner else "\n\n"
            marker = piece.marker.line(_indentation(piece.text))
            text += lines + marker + piece.text
        # Before what is there already, rather than behind: then the lines between come last.
        behind = any(one.begin == offset for one in self.units)
        return text.lstrip("\n") + ("\n\n" if behind else "") if behind else text

    def _with_imports(self, text: str) -> str:
        source = Source("mirror.py", text)
        bound = {
            alias.asname or alias.name.partition(".")[0]
            for node in source.nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        missing = [one for one in self.generation.imports if one[2].partition(".")[0] not in bound]
        return add_imports(source, missing).text


def _indentation(text: str) -> str:
    first = text.split("\n", 1)[0]
    return first[: len(first) - len(first.lstrip())]
