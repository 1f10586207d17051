"""Edits of a URL that is written in the call itself."""

from __future__ import annotations

from greenshift.check.facts import Engine, Program
from greenshift.report.findings import Edit, Place


def replaced_in_url(engine: Engine, program: Program, old: str, new: str) -> list[Edit]:
    """Return the edit that replaces a piece of an engine's URL; none if the URL is not written in the call, on a line.

    A constant or a default of the settings is left alone: other code may use it too.

    Args:
        engine: the engine.
        program: its program.
        old: the piece, which the URL must have once.
        new: what comes in its place.
    """
    written = engine.written.get("url")
    if written is None or written.value.line != written.value.end_line:
        return []
    place = written.value
    file = next((file for file in program.files if file.path == place.file), None)
    if file is None:
        return []
    text = file.lines[place.line - 1][place.column - 1 : place.end_column - 1]
    if text.count(old) != 1:
        return []
    column = place.column + text.index(old)
    return [Edit(Place(place.file, place.line, column, place.line, column + len(old)), new)]
