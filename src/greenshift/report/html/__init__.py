"""A page as one HTML file that needs nothing else: no network, and no JavaScript to be whole."""

from greenshift.report.html.rendering import render_page

__all__ = ["render_page"]
