"""The fenced blocks of a page, and the directives in the comments above them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]

_DIRECTIVE = re.compile(
    r"\s*<!--\s*(project|server|before|shown|file|append|into|inside|exit|timeout):\s*(.*?)\s*-->\s*"
)
_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>```+)(?P<language>[\w-]*)(?P<rest>.*)")
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: the page, from the project's root.
        line: of the fence, from 1.
        language: as the fence says it.
        text: what stands between the fences.
        directives: what the comments directly above it say: ``file`` (written there), ``append`` (written at its end),
            ``into`` (put into that file of the project in place of its line ``# here``), ``inside`` (the same, and the
            file is run, and then as it was), ``before`` (a command that is run first and not shown), ``exit`` (the exit
            code of its last command, or of each), ``timeout`` (seconds) and ``shown`` (not run: why).
        project: the folder whose copy the story goes on in from here, or empty.
        server: a database of a server of the story's own, to which ``$DATABASE_URL`` leads from here on, and settings
            of that server; or empty.
    """

    page: str
    line: int
    language: str
    text: str
    directives: dict[str, str]
    project: str = ""
    server: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str:
        return self.directives.get("file", "")


def pages() -> list[Path]:
    """Every page whose blocks are run.

    A rule's pages are made of samples, and what the examples say is run in ``tests/examples``.
    """
    found = [PROJECT / "README.md", *PROJECT.glob("docs/**/*.md")]
    return sorted(page for page in found if page.parent.name != "rules")


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, in their order."""
    name = page.relative_to(PROJECT).as_posix()
    story, directives = dict[str, str](), dict[str, str]()
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if directive := _DIRECTIVE.fullmatch(line):
            (story if directive[1] in {"project", "server"} else directives)[directive[1]] = directive[2]
            continue
        fence = _FENCE.fullmatch(line)
        if fence is None:
            if line.strip():
                directives = {}
            continue
        indent = len(fence["indent"])
        text = ""
        for _, inner in lines:
            if inner.strip() == fence["ticks"]:
                break
            text += inner[min(indent, len(inner) - len(inner.lstrip())) :] + "\n"
        else:
            raise AssertionError(f"{name}:{number}: a block without end")
        if title := _TITLE.search(fence["rest"]):
            directives.setdefault("file", title[1])
        yield Block(name, number, fence["language"], text, directives, **story)
        story, directives = {}, {}
