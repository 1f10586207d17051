"""What a mirror is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from greenshift.shift.mirror.fingerprint import Marker


@dataclass(frozen=True)
class Wanted:
    """A piece that a mirror is to hold.

    Attributes:
        marker: What stands above it.
        name: Its name in the mirror; a method's with its class.
        text: Its text.
        owner: The class, as the mirror calls it, in which it stands.
        is_header: Whether it is the beginning of a test class.
    """

    marker: Marker
    name: str
    text: str
    owner: str | None
    is_header: bool


@dataclass(frozen=True)
class NotMirrored:
    """A piece of the source that the mirror leaves out.

    Attributes:
        file: The file in which it stands.
        line: The line, from 1.
        name: Its name.
        reason: Why.
    """

    file: str
    line: int
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.name} is not mirrored: {self.reason}"


@dataclass
class Generation:
    """A mirror as it would be written anew.

    Attributes:
        docstring: The module's docstring, as it is written; may be empty.
        import_block: The source's import statements, as they are written.
        pieces: What it holds, in order.
        imports: What it imports: module (dots and all), name (empty for the module itself) and name here.
        left_out: What cannot be mirrored.
        tests: The number of tests mirrored.
    """

    docstring: str = ""
    import_block: str = ""
    pieces: list[Wanted] = field(default_factory=list)
    imports: list[tuple[str, str, str]] = field(default_factory=list)
    left_out: list[NotMirrored] = field(default_factory=list)
    tests: int = 0
