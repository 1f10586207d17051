"""The projects of the pages are run by the pages; the site is built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_blocks import PROJECT
from docs_site import build

collect_ignore = ["projects"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(PROJECT / "mkdocs.yml", folder)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr, built.stderr
    return folder
