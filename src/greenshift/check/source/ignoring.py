"""Which paths are left out: globs of the configuration, and ``.gitignore`` files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a ``.gitignore``, or one glob of the configuration.

    Attributes:
        expression: matches the path, relative to the folder that is checked.
        only_folders: whether it is about folders alone.
        brings_back: whether it takes back what an earlier one left out.
    """

    expression: re.Pattern[str]
    only_folders: bool
    brings_back: bool


def patterns(lines: Iterable[str], folder: str = "") -> list[Pattern]:
    """Return the patterns of a ``.gitignore``'s lines. https://git-scm.com/docs/gitignore#_pattern_format

    Args:
        lines: the lines.
        folder: where the file lies, relative to the folder that is checked.
    """
    found = []
    for line in lines:
        text = line.rstrip("\n\r ")
        if not text or text.startswith("#"):
            continue
        brings_back = text.startswith("!")
        text = text.removeprefix("!").removeprefix("\\")
        only_folders = text.endswith("/")
        text = text.rstrip("/")
        if not text:
            continue
        start = re.escape(f"{folder}/") if folder else ""
        # Without a slash it is a name at any depth.
        anywhere = "" if "/" in text else "(?:.*/)?"
        try:
            expression = re.compile(start + anywhere + _translated(text.lstrip("/")))
        except re.error:
            continue
        found.append(Pattern(expression, only_folders, brings_back))
    return found


def is_ignored(path: str, given: Sequence[Pattern], *, is_folder: bool) -> bool:
    """Return whether a path is left out; the last pattern that matches counts.

    Args:
        path: relative to the folder that is checked, with forward slashes.
        given: the patterns.
        is_folder: whether it is a folder.
    """
    for pattern in reversed(given):
        if (is_folder or not pattern.only_folders) and pattern.expression.fullmatch(path):
            return not pattern.brings_back
    return False


def _translated(glob: str) -> str:
    result = ""
    index = 0
    while index < len(glob):
        if glob.startswith("**/", index):
            result += "(?:.*/)?"
            index += 3
        elif glob.startswith("**", index):
            result += ".*"
            index += 2
        elif glob[index] == "*":
            result += "[^/]*"
            index += 1
        elif glob[index] == "?":
            result += "[^/]"
            index += 1
        elif glob[index] == "[" and "]" in glob[index + 1 :]:
            end = glob.index("]", index + 1)
            inner = glob[index + 1 : end].replace("\\", "\\\\")
            result += "[" + ("^" + inner[1:] if inner.startswith("!") else inner) + "]"
            index = end + 1
        else:
            result += re.escape(glob[index])
            index += 1
    return result
