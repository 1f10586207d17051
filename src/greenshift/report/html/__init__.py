"""A page as one HTML file that needs nothing else: no network, and no JavaScript to be whole."""

from greenshift.report.html.rendering import render_page
from greenshift.report.html.writing import PageError, check_page_file, write_page

__all__ = ["PageError", "check_page_file", "render_page", "write_page"]
