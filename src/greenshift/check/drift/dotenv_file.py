"""A file of environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from greenshift.check.errors import CheckError
from greenshift.report.findings import Place


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What one environment sets.

    Attributes:
        name: the environment's name: ``staging``.
        file: the path, for people.
        values: the variables; secrets among them.
        places: where each is set.
    """

    name: str
    file: str
    values: Mapping[str, str]
    places: Mapping[str, Place]


def read_environment(name: str, path: Path, root: Path) -> EnvironmentFile:
    """Return what a file of ``NAME=VALUE`` sets, in the syntax of python-dotenv.

    Args:
        name: the environment's name.
        path: the file.
        root: the folder that paths are relative to.

    Raises:
        CheckError: there is no such file, or a line of it is no variable.
    """
    whole = Path(os.path.abspath(path))
    file = (whole.relative_to(root.resolve()) if whole.is_relative_to(root.resolve()) else path).as_posix()
    places: dict[str, Place] = {}
    try:
        with whole.open(encoding="utf-8") as stream:
            for binding in parse_stream(stream):
                # Empty lines before it belong to what was parsed.
                line = binding.original.line + _leading(binding.original.string)
                if binding.error:
                    raise CheckError(f"line {line} of {file} sets no variable", "write NAME=VALUE")
                if binding.key is not None and binding.value is not None:
                    places[binding.key] = Place(file, line, 1, line, 1)
        values = {key: value for key, value in dotenv_values(whole).items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise CheckError(
            f"{file}, the file of the environment {name!r}, cannot be read: {reason}", "name a file of NAME=VALUE"
        ) from error
    return EnvironmentFile(name, file, values, places)


def _leading(text: str) -> int:
    return len(text[: len(text) - len(text.lstrip())].splitlines()) if text[:1] in "\r\n" else 0
