"""The template filled with a page."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from greenshift import __version__
from greenshift.masking import mask
from greenshift.report.html.lines import code_markup, word_difference
from greenshift.report.html.plots.figure import Figures
from greenshift.report.html.prose import prose
from greenshift.report.html.visible import visible
from greenshift.report.page import Block, Outcome, Page
from greenshift.report.page_texts import with_texts

if TYPE_CHECKING:
    from jinja2 import Environment

# What stands beside a colour, so that the colour is never all that says it: a sign and a word.
SIGNS: Final = {Outcome.GOOD: "\u2713", Outcome.BAD: "\u2717", Outcome.UNSURE: "?", Outcome.NEUTRAL: "\u2022"}
WORDS: Final = {Outcome.GOOD: "good", Outcome.BAD: "bad", Outcome.UNSURE: "unsure", Outcome.NEUTRAL: "note"}


def render_page(page: Page) -> str:
    """Return a page as HTML that needs nothing else; passwords in its texts are masked.

    Args:
        page: the page.
    """
    shown = with_texts(
        Page(page.kind, page.title, page.subtitle, page.verdicts, page.sections), lambda text: visible(mask(text))
    )
    style, script = _resource("page.css"), _resource("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=shown,
            figures=Figures(shown),
            style=style,
            script=script,
            style_hash=_source_hash(style),
            script_hash=_source_hash(script),
            version=__version__,
            made=datetime.now(UTC),
        )
    )


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _source_hash(text: str) -> str:
    """Return how a content security policy names an inline element.

    https://www.w3.org/TR/CSP3/#grammardef-hash-source
    """
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _resource(name: str) -> str:
    return (files("greenshift.report.html") / name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("greenshift.report.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    given: dict[str, Any] = {
        "signs": SIGNS,
        "words": WORDS,
        "kind_of": _kind,
        "code_markup": code_markup,
        "word_difference": word_difference,
    }
    environment.globals.update(given)
    environment.filters["prose"] = prose
    return environment
