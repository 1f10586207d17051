"""The work of ``greenshift top``."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from rich.console import Console

from greenshift.observe.top.address import read_address
from greenshift.observe.top.display.screen import screen
from greenshift.observe.top.errors import TopError
from greenshift.observe.top.live import show_live
from greenshift.observe.top.polling import Source, read, source_of
from greenshift.observe.top.reading import Reading

NO_ANSWER: Final = 1
# Seconds between the two readings of --once, from which rates follow.
_BETWEEN: Final = 0.5


def run(urls: Sequence[str], *, interval: float = 2.0, once: bool = False, as_json: bool = False) -> int:
    """Show what is at some URLs, and return the exit code.

    Args:
        urls: of applications or PostgreSQL servers; applications are taken for the workers of one.
        interval: seconds between two readings.
        once: whether it is shown once, and whole.
        as_json: whether JSON is printed.

    Raises:
        TopError: a URL cannot be watched, or there is no terminal for the live view.
    """
    addresses = {address.shown: address for address in map(read_address, urls)}
    sources = [source_of(address) for address in addresses.values()]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # statements may hold what this terminal's encoding does not
    console = Console(highlight=False)
    if once:
        return _show_once(sources, console, as_json=as_json)
    if as_json:
        _print_lines(sources, interval)
        return 0
    if not console.is_terminal or console.is_dumb_terminal:
        raise TopError("there is no terminal to show it on", "use --once, or --json for a line each time")
    show_live(sources, interval, console)
    return 0


def _show_once(sources: list[Source], console: Console, *, as_json: bool) -> int:
    before = _read(sources, [None] * len(sources))
    time.sleep(_BETWEEN)
    readings = _read(sources, before)
    if as_json:
        print(json.dumps(_document(readings), indent=2))
    else:
        console.print(screen(readings, console, whole=True))
    return NO_ANSWER if any(reading.problem is not None for reading in readings) else 0


def _print_lines(sources: list[Source], interval: float) -> None:
    readings: Sequence[Reading | None] = [None] * len(sources)
    try:
        while True:
            began = time.monotonic()
            readings = _read(sources, readings)
            print(json.dumps(_document(readings)), flush=True)
            time.sleep(max(0.0, interval - (time.monotonic() - began)))
    except KeyboardInterrupt:
        pass


def _read(sources: list[Source], before: Sequence[Reading | None]) -> list[Reading]:
    with ThreadPoolExecutor(len(sources)) as threads:
        return list(threads.map(read, sources, before))


def _document(readings: Sequence[Reading]) -> dict[str, object]:
    return {"at": time.time(), "sources": [reading.as_dict() for reading in readings]}
