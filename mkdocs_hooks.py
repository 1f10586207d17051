"""What MkDocs is told beside mkdocs.yml: the examples' pages lie beside the code, and the rules' pages are many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the examples' pages; those of the rules are reached from their list, so the navigation leaves them out."""
    for readme in sorted(ROOT.glob("examples/*/README.md")):
        name = f"examples/{readme.parent.name}.md"
        files.append(File.generated(config, name, abs_src_path=str(readme), inclusion=InclusionLevel.NOT_IN_NAV))
    for file in files.documentation_pages():
        if file.src_uri.startswith("rules/"):
            file.inclusion = InclusionLevel.NOT_IN_NAV
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead links to where the pages lie in the site, and leave out what the tests of the pages read."""
    up = "../" * page.file.src_uri.count("/")
    for folder in sorted(path.parent.name for path in ROOT.glob("examples/*/README.md")):
        for written in (f"../{up}examples/{folder}/README.md", f"../{folder}/README.md"):
            markdown = markdown.replace(f"]({written}", f"]({up}examples/{folder}.md")
    if page.file.src_uri.startswith("examples/"):
        markdown = markdown.replace("](../../docs/", "](../")
    return markdown
