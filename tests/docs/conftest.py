"""The projects of the pages are run by the pages; the site is built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_blocks import PROJECT
from docs_site import build
from made_once import made_once

collect_ignore = ["projects"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    def make(folder: Path) -> None:
        built = build(PROJECT / "mkdocs.yml", folder)
        assert built.returncode == 0, built.stderr
        assert "WARNING" not in built.stderr, built.stderr

    return made_once(tmp_path_factory, worker_id, "documentation_site", make)
