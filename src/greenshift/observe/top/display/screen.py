"""All that is watched on one screen, or one after the other where there is no limit of height."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from greenshift.observe.top.display.application import application_sections
from greenshift.observe.top.display.database import database_sections, summary
from greenshift.observe.top.display.formats import duration
from greenshift.observe.top.display.section import Section, fitting
from greenshift.observe.top.reading import ProcessReading, Reading
from greenshift.observe.top.text import call_site


def screen(readings: Sequence[Reading | None], console: Console, *, keys: str = "", whole: bool = False) -> Group:
    """Return what is shown now.

    Args:
        readings: of each URL the last; None where there is none yet. Applications are shown as one.
        console: where to; its width and height count.
        keys: what the keys do; "" where there are none.
        whole: whether all rows are shown, however high the console is.
    """
    ascii_only = console.options.ascii_only
    sites = _sites([reading for reading in readings if reading is not None])
    heads: list[Text] = []
    blocks: list[tuple[list[Text], list[Section]]] = []
    processes: list[ProcessReading] = []
    for reading in readings:
        if reading is None:
            continue
        if reading.problem is not None:
            heads += _problem(reading, again=not whole)
        elif reading.database is not None:
            head = [Text(reading.url, style="bold cyan"), *summary(reading.database, ascii_only=ascii_only)]
            blocks.append((head, database_sections(reading.database, sites)))
        else:
            processes += reading.processes
    urls = [reading.url for reading in readings if reading is not None and reading.processes]
    if processes:
        blocks.insert(
            0, ([Text(url, style="bold cyan") for url in urls], application_sections(processes, ascii_only=ascii_only))
        )
    lines: list[RenderableType] = [_headline(keys), *heads]
    if not blocks and not heads:
        lines.append(Text("asking …" if not ascii_only else "asking ..."))
    sections = [section for _, block in blocks for section in block]
    used = len(lines) + sum(_height(line, console) - 1 for line in heads)
    used += sum(_height(line, console) for head, _ in blocks for line in head) + max(0, len(blocks) - 1)
    limits = iter([None] * len(sections) if whole else fitting(sections, console.height - used))
    for number, (head, block) in enumerate(blocks):
        lines += [Text(""), *head] if number else head
        for section, limit in zip(block, limits, strict=False):
            if limit != 0:
                lines += [Text(""), section.render(limit)]
    return Group(*lines)


def _sites(readings: Sequence[Reading]) -> dict[int, str]:
    """Return where the application took its connections, by the server's processes."""
    if sum(reading.database is not None for reading in readings) != 1:
        return {}  # which server's they would be is not known
    engines = (engine for reading in readings for process in reading.processes for engine in process.snapshot.engines)
    return {
        holder.backend_pid: call_site(holder.call_site)
        for engine in engines
        for holder in engine.pool.holders
        if holder.backend_pid is not None and holder.call_site is not None
    }


def _headline(keys: str) -> Text:
    line = Text("greenshift top", style="bold")
    line.append(f"  {time.strftime('%H:%M:%S')}", style="not bold")
    if keys:
        line.append(f"  {keys}", style="not bold dim")
    return line


def _problem(reading: Reading, *, again: bool) -> list[Text]:
    since = max(0.0, time.time() - (reading.failing_since or reading.at))
    long = f" for {duration(since)}" if since >= 1 else ""
    return [
        Text(f"{reading.url}  no answer{long}: {reading.problem}", style="bold red"),
        Text(f"  {reading.fix}{'; it is asked again' if again else ''}", style="red"),
    ]


def _height(line: Text, console: Console) -> int:
    return len(line.wrap(console, console.width))
