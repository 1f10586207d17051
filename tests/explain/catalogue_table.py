"""Write ``docs/errors.md`` from the catalogue and its reproductions: ``python tests/explain/catalogue_table.py``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from reproduction import declared, names

from greenshift.explain.catalogue import ENTRIES
from greenshift.explain.catalogue.entry import Entry

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
LINES = "2.0, 2.1"  # the whole suite runs with both
HEAD = """# The errors that are explained

<!-- Written by python tests/explain/catalogue_table.py, not by hand. -->

Each kind is reproduced by programs that are tests: a real driver, a real PostgreSQL, both lines of SQLAlchemy.
[Explain](explain.md) says where explanations show and what they look like.

- **Drivers**: those with which a program raises it. One that is missing raises something else, or nothing at all.
- **From text**: whether a printed traceback is enough to tell the kind. *Mostly*: some ways to get there look like
  another kind in text, and are told only in the process, where the connections were watched.
- **Edits**: whether the explanation carries edits that mend it. *Often*: where one right edit exists. A test applies
  each, and the program then runs.

| kind | what happened | drivers | SQLAlchemy | from text | edits | rests on |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as it should be now."""
    found = {name: declared(name) for name in names()}
    rows = [_row(entry, [one for one in found.values() if one["KIND"] == entry.kind]) for entry in _sorted(ENTRIES)]
    return HEAD + "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.kind.lower())


def _row(entry: Entry, programs: list[dict[str, object]]) -> list[str]:
    drivers = sorted({driver for one in programs for driver in one["DRIVERS"]})  # type: ignore[attr-defined]
    return [
        f"**{entry.kind}**",
        entry.title,
        ", ".join(drivers) or "-",
        LINES,
        _share([bool(one["STATIC"]) for one in programs], "mostly"),
        _share([bool(one["EDITS"]) for one in programs], "often"),
        f"[{_place(entry.source)}]({entry.source})",
    ]


def _share(answers: list[bool], some: str) -> str:
    return "yes" if answers and all(answers) else some if any(answers) else "no"


def _place(source: str) -> str:
    host = source.partition("://")[2].partition("/")[0].removeprefix("www.")
    if host == "github.com":
        owner, name, _, number = (*source.rstrip("/").split("/")[3:], "", "", "", "")[:4]
        return f"{owner}/{name}#{number.partition('#')[0]}" if number else f"{owner}/{name}"
    return host


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
