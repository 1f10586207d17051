"""The work of ``greenshift explain``: logs in, explanations out."""

from __future__ import annotations

import codecs
import json
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from greenshift.errors import GreenshiftError
from greenshift.explain.editing import EditError, difference
from greenshift.explain.explanation import Edit, Explanation
from greenshift.explain.text import Finding, read
from greenshift.masking import mask, masked

EXPLAINED: Final = 0
NOTHING_EXPLAINED: Final = 1
_MOST_UNEXPLAINED: Final = 5
_LABEL: Final = 11


class TextError(GreenshiftError):
    """What was given is no text."""


def run(files: Sequence[Path], *, as_json: bool, diff: bool) -> int:
    """Explain the errors in files, or on standard input.

    Args:
        files: the logs; none, or ``-``, for standard input.
        as_json: print a list of explanations as plain data.
        diff: print the edits as a patch, and the explanations on standard error.

    Returns:
        0 where an error was explained, 1 where none was.

    Raises:
        TextError: a file cannot be read, or is no text.
    """
    if as_json and diff:
        raise TextError("--json and --diff both want standard output", "give one of them: --json holds the edits too")
    findings = read(*(_text(path) for path in files or [Path("-")]))
    explained = [(one.explanation, one.count) for one in findings if one.explanation is not None]
    if as_json:
        plain = [{**explanation.as_dict(), "count": count} for explanation, count in explained]
        print(json.dumps(masked(plain), indent=2))
    else:
        console = Console(stderr=diff, highlight=False, markup=False, emoji=False, soft_wrap=True)
        for number, (explanation, count) in enumerate(explained):
            width = console.width if console.is_terminal else None
            console.print(*([Text("")] if number else []), rendered(explanation, count, width), sep="\n")
    if diff:
        sys.stdout.write(_patch([explanation.edits for explanation, _ in explained]))
    for line in _unexplained(findings):
        print(line, file=sys.stderr)
    return EXPLAINED if explained else NOTHING_EXPLAINED


def rendered(explanation: Explanation, count: int = 1, width: int | None = None) -> Text:
    """Return an explanation for a terminal; without colours it reads the same.

    Args:
        explanation: what to show.
        count: how many times its error was seen.
        width: the terminal's width, to which sentences are wrapped; None to leave lines whole.
    """
    room = None if width is None else max(width - _LABEL - 2, 40)
    text = Text()
    text.append(explanation.kind, style="bold red")
    text.append(f": {explanation.headline}", style="bold")
    if count > 1:
        text.append(f"  (seen {count} times)", style="dim")
    _paragraph(text, "because", explanation.because, room=room)
    for index, place in enumerate(explanation.where):
        where = f"{place.file}:{place.line}" + (f" in {place.function}" if place.function else "")
        _paragraph(text, "" if index else "where", where, style="cyan")
        text.append(f"  <- {place.role}")
        if place.code:
            _paragraph(text, "", f"    {place.code}", style="dim")
    if explanation.fix:
        _paragraph(text, "fix", explanation.fix, style="green", room=room)
    for edit in explanation.edits:
        _paragraph(text, "edit", f"{edit.file}:{edit.line}  {edit.title}")
    for sentence in explanation.unknown:
        _paragraph(text, "not known", sentence, style="dim", room=room)
    return text


def _paragraph(text: Text, label: str, body: str, style: str = "", room: int | None = None) -> None:
    lines = [part for line in body.split("\n") for part in _wrapped(line, room)]
    for index, line in enumerate(lines):
        text.append(f"\n  {'' if index else label:<{_LABEL}}")
        text.append(line, style=style)


def _wrapped(line: str, room: int | None) -> list[str]:
    if room is None or len(line) <= room:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, room, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _text(path: Path) -> str:
    if str(path) == "-":
        if sys.stdin.isatty():
            raise TextError(
                "nothing was given to explain",
                "name a file (greenshift explain app.log), or pipe one in: docker logs web 2>&1 | greenshift explain",
            )
        content, name = sys.stdin.buffer.read(), "standard input"
    else:
        name = str(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TextError(f"{name} cannot be read: {error.strerror}", "name a log or another text") from error
    # PowerShell redirects as UTF-16.
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    if encoding != "utf-16" and b"\0" in content[:65536]:
        raise TextError(f"{name} is no text", "give a log or a traceback as text")
    return content.decode(encoding, errors="replace")


def _patch(several: Iterable[Sequence[Edit]]) -> str:
    """The edits as one patch; those whose file is elsewhere, or has changed, are named and left out."""
    fitting: list[Edit] = []
    for edits in several:
        try:
            difference([*fitting, *edits])
        except EditError as error:
            print(f"left out of the patch: {error.problem}", file=sys.stderr)
        else:
            fitting += edits
    patch = difference(fitting)
    if mask(patch) == patch:
        return patch
    # The lines around may hold the password, which a patch can do without.
    patch = difference(fitting, context=0)
    if mask(patch) != patch:
        print("passwords are masked, so that the patch is for reading only where they are", file=sys.stderr)
    return mask(patch)


def _unexplained(findings: Sequence[Finding]) -> Iterable[str]:
    if not findings:
        yield "no traceback and no error of a database library was found"
        return
    rest = [one for one in findings if one.explanation is None]
    if rest:
        yield f"not explained, since the catalogue has no such entry: {len(rest)} error{'s' if len(rest) > 1 else ''}"
    for one in rest[:_MOST_UNEXPLAINED]:
        raised, frame = one.failure.chain[0], one.failure.user_frame
        place = f"  at {frame.file}:{frame.line}" if frame else ""
        times = f"  ({one.count} times)" if one.count > 1 else ""
        yield f"  {raised.type_name}: {raised.message.partition(chr(10))[0][:160]}{place}{times}"
    if len(rest) > _MOST_UNEXPLAINED:
        yield f"  and {len(rest) - _MOST_UNEXPLAINED} more"
