"""The files as ``--fix`` makes them: in their own encoding, with their own line ends."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from greenshift.check.fixing import apply_edits
from greenshift.check.source.parsing import Unparsable, parse
from greenshift.patch import Change, ChangeSet, Decoded, decoded
from greenshift.report.findings import Finding

_LINE: Final = re.compile(r"[^\r\n]*(\r\n|\r|\n|\Z)")


@dataclass(frozen=True)
class FixedFiles:
    """What ``--fix`` changes.

    Attributes:
        changes: the files, before and after.
        applied: the findings that are mended.
        left: the findings with edits that are not applied: they overlap others', or would break their file.
    """

    changes: ChangeSet
    applied: tuple[Finding, ...]
    left: tuple[Finding, ...]


def fix_files(findings: Iterable[Finding], base: Path) -> FixedFiles:
    """Return what the edits of findings make of their files; nothing is written.

    Args:
        findings: the findings.
        base: the folder from which they name files.
    """
    fixable = [finding for finding in findings if finding.edits]
    read: dict[str, tuple[bytes, Decoded]] = {}
    for file in {edit.place.file for finding in fixable for edit in finding.edits}:
        held = _content(base, file)
        text = None if held is None else decoded(held, file)
        if held is not None and text is not None:
            read[file] = held, text
    texts = {file: _with_line_feeds(before.text) for file, (_, before) in read.items()}
    fixed = apply_edits(fixable, texts)
    broken = {
        file for file, new in fixed.texts.items() if _breaks(file, texts[file], new) or not _fits(new, read[file][1])
    }
    left: list[Finding] = []
    if broken:
        left = [one for one in fixable if broken & {edit.place.file for edit in one.edits}]
        fixed = apply_edits([one for one in fixable if one not in left], texts)
    changes = []
    for file, new in fixed.texts.items():
        content, before = read[file]
        changes.append(Change(file, content, before.encode(_with_line_ends(new, before.text))))
    return FixedFiles(ChangeSet(base, changes), fixed.applied, (*fixed.left, *left))


def _content(base: Path, file: str) -> bytes | None:
    # What lies elsewhere, such as another service, is no change of this folder's.
    if ".." in file.split("/"):
        return None
    try:
        return (base / file).read_bytes()
    except OSError:
        return None


def _breaks(file: str, before: str, after: str) -> bool:
    return file.endswith(".py") and isinstance(parse(after), Unparsable) and not isinstance(parse(before), Unparsable)


def _fits(text: str, before: Decoded) -> bool:
    try:
        before.encode(text)
    except UnicodeEncodeError:
        return False
    return True


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_line_ends(text: str, before: str) -> str:
    """Return a text with the line ends that its lines had before; a new line has those of most."""
    ends = [found[1] for found in _LINE.finditer(before)]
    used = Counter(end for end in ends if end)
    if set(used) <= {"\n"}:
        return text
    most = used.most_common(1)[0][0]
    lines = text.split("\n")
    given = [most] * len(lines)
    for block in _matching(_with_line_feeds(before).split("\n"), lines):
        for offset in range(block.size):
            given[block.b + offset] = ends[block.a + offset] or most
    return "".join([line + end for line, end in zip(lines[:-1], given, strict=False)] + lines[-1:])


def _matching(one: Sequence[str], other: Sequence[str]) -> list[difflib.Match]:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
