"""A page written to a file."""

from __future__ import annotations

import os
from pathlib import Path

from greenshift.atomic_file import replace_file
from greenshift.errors import GreenshiftError
from greenshift.report.html.rendering import render_page
from greenshift.report.page import Page


class PageError(GreenshiftError):
    """A page cannot be written."""


def check_page_file(file: Path) -> None:
    """Say early whether a page can be written, before the work that it is to tell of.

    Args:
        file: where it is to be.

    Raises:
        PageError: it is a folder, or its folder is missing or not to be written to.
    """
    folder = file.resolve().parent
    if file.is_dir():
        raise PageError(f"{file} cannot be written: it is a folder", "name a file, such as report.html")
    if not folder.is_dir():
        raise PageError(f"{file} cannot be written: there is no folder {folder}", "make it, or name another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PageError(f"{file} cannot be written: no right to write to {folder}", _FIX)


def write_page(page: Page, file: Path) -> None:
    """Write a page as HTML, in one step.

    Args:
        page: the page.
        file: where to; what was there before is replaced.

    Raises:
        PageError: it cannot be written.
    """
    check_page_file(file)
    try:
        replace_file(file, render_page(page).encode())
    except OSError as error:
        raise PageError(f"{file} cannot be written: {error.strerror}", _FIX) from error


_FIX = "name a file in a folder of yours"
