"""The reference of the command line: what each command says under --help, put into its page when the site is built."""

from __future__ import annotations

from typing import Any

import typer
from mkdocs.structure.pages import Page

from greenshift.cli import app

PAGE = "reference/cli.md"
MARK = "<!-- commands -->"
COLUMNS = 100


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Put the commands where the page has its mark."""
    return markdown.replace(MARK, commands()) if page.file.src_uri == PAGE else markdown


def commands() -> str:
    """Return every command's help as Markdown, the program's own first."""
    program: Any = typer.main.get_command(app)
    listed = {"greenshift": program}
    listed |= {f"greenshift {name}": program.commands[name] for name in sorted(program.commands)}
    return "\n\n".join(
        f"## {name}\n\n```text\n{_help(name, command)}\n```"
        for name, command in listed.items()
        if not getattr(command, "hidden", False)
    )


def _help(name: str, command: Any) -> str:
    command.rich_markup_mode = None  # as text, without frames
    context = command.context_class(command, info_name=name, terminal_width=COLUMNS, max_content_width=COLUMNS)
    return str(command.get_help(context)).rstrip()
