"""What an error means: the answer that every entry of the catalogue gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from greenshift.masking import mask


@dataclass(frozen=True)
class Place:
    """A line of the user's code that has a part in an error.

    Args:
        file: its path.
        line: the line, from 1.
        role: the part, in a few words: ``read here``, ``loaded here``, ``held here``.
        function: the function's name, or None.
        code: the line's text without its indentation, where the file could be read; passwords in it are masked.
    """

    file: str
    line: int
    role: str
    function: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        if self.code:
            object.__setattr__(self, "code", mask(self.code))

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" + (f" in {self.function}" if self.function else "")
        return f"{where}  <- {self.role}" + (f"\n    {self.code}" if self.code else "")


@dataclass(frozen=True)
class Edit:
    """A replacement of a piece of a file; an insertion where ``old`` is empty.

    Args:
        file: the file's path.
        line: where the piece begins, from 1.
        column: characters of the line before it, from 0.
        old: the text that stands there, which must still stand there when the edit is applied.
        new: the text to put in its place.
        title: what it does, in a few words.
    """

    file: str
    line: int
    column: int
    old: str
    new: str
    title: str


@dataclass(frozen=True)
class Explanation:
    """What happened, why, where, and what to write instead.

    Args:
        kind: the catalogue's name of it, such as ``lazy relationship``.
        headline: one line that says what happened, with the names of the user's model and attribute; passwords in
            it are masked.
        because: the cause, in one or two sentences; likewise.
        where: the user's lines, the most telling first.
        fix: what to do, as text.
        edits: the same for a machine; empty where the fix is a choice that only the user can make.
        unknown: what could not be known from what was given, a sentence each.
    """

    kind: str
    headline: str
    because: str
    where: tuple[Place, ...] = ()
    fix: str = ""
    edits: tuple[Edit, ...] = ()
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # They may quote a statement, a URL, or what the server said.
        object.__setattr__(self, "headline", mask(self.headline))
        object.__setattr__(self, "because", mask(self.because))

    @property
    def summary(self) -> str:
        """What happened and what to do, in two lines."""
        said = f"{self.kind}: {self.headline}"
        return f"{said}\n  fix: {self.fix.splitlines()[0]}" if self.fix else said

    def is_same_error_as(self, other: Explanation) -> bool:
        """Return whether both are about one error: noted as it happened, and explained again as it arrived.

        Args:
            other: which may know more, or less, of its places.
        """
        # One without any line of the user's was noted where only library code was on the stack.
        shared = not self.where or not other.where or not set(self.where).isdisjoint(other.where)
        return self.kind == other.kind and (shared or self.headline == other.headline)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, as ``--json`` prints it."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"{self.kind}: {self.headline}", f"  because: {self.because}"]
        for place in self.where:
            first, *rest = str(place).split("\n")
            lines += [f"  where: {first}", *(f"      {line.strip()}" for line in rest)]
        if self.fix:
            first, *rest = self.fix.split("\n")
            lines += [f"  fix: {first}", *(f"       {line}" for line in rest)]
        lines += [f"  edit: {edit.file}:{edit.line}  {edit.title}" for edit in self.edits]
        lines += [f"  not known: {sentence}" for sentence in self.unknown]
        return "\n".join(lines)
