"""The documentation as a site: built strictly, whole, and loading nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from docs_blocks import PROJECT
from docs_site import build

_LOADED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?([^"'\s>]+)|<link[^>]*rel=["']?(?:stylesheet|preload)[^>]*"""
)


def test_every_page_and_every_example_is_in_it(site: Path) -> None:
    pages = [path.relative_to(PROJECT / "docs").with_suffix("") for path in (PROJECT / "docs").rglob("*.md")]
    pages += [Path("examples", path.parent.name) for path in PROJECT.glob("examples/*/README.md")]
    assert len(pages) > 80
    folders = [page.parent if page.name == "index" else page for page in pages]
    assert not [folder for folder in folders if not (site / folder / "index.html").is_file()]


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = [
        (page, found[0])
        for page in site.rglob("*.html")
        for found in _LOADED.finditer(page.read_text(encoding="utf-8"))
    ]
    assert loaded
    assert not [(page.relative_to(site), text) for page, text in loaded if "://" in text]


def test_a_link_to_nowhere_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Home\n\n[there](nowhere.md)\n", encoding="utf-8")
    settings = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(
        settings.replace("\n  - mkdocs_hooks.py\n  - mkdocs_commands.py", " []"), encoding="utf-8"
    )
    built = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert built.returncode == 1
    assert "nowhere.md" in built.stderr
