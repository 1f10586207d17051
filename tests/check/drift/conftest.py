"""Services in folders, written by each test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from greenshift.check.configuration import read_configuration
from greenshift.check.drift import read_services
from greenshift.check.facts import Program

Compare = Callable[..., list[Program]]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Write files, and read the services of a configuration (one for each folder by default)."""

    def read(
        files: Mapping[str, str],
        services: Mapping[str, Any] | None = None,
        environments: Mapping[str, str] | None = None,
    ) -> list[Program]:
        for path, text in {**files, **(environments or {})}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(textwrap.dedent(text), encoding="utf-8")
        if services is None:
            services = {name: {"path": name} for name in dict.fromkeys(path.partition("/")[0] for path in files)}
        paths = {name.removeprefix(".env."): tmp_path / name for name in environments or {}}
        return read_services(read_configuration({}, services), tmp_path, paths)

    return read
