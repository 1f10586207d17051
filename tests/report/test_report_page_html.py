"""A page is well-formed HTML in which no text of the user's is markup, and which needs nothing else."""

import base64
import hashlib
import re

import pytest
from report.markup import Element, parsed
from report.pages_to_show import HOSTILE, every_block, hostile_page, load_page

from greenshift.report.html import render_page
from greenshift.report.page import Code, Grid, Item, Outcome, Page, Plot, Section, Series, Text, Verdict

STRUCTURE = {"script", "style", "link", "meta", "section", "figure", "pre", "table", "article"}
EVENT = re.compile(r"on[a-z]+")


def policy(root: Element) -> dict[str, str]:
    metas = [one for one in root.all("meta") if one.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert len(metas) == 1
    return dict(part.strip().split(" ", 1) for part in metas[0].attributes["content"].split(";"))


def source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("page", [load_page(), every_block()], ids=["load", "every block"])
def test_a_page_is_well_formed(page: Page) -> None:
    root = parsed(render_page(page))
    html = root.children[0]
    assert html.attributes == {"lang": "en"}
    assert [child.tag for child in html.children] == ["head", "body"]
    assert [one.text for one in root.all("title") if one.parent.tag == "head"] == [page.title]
    for link in root.all("a"):
        assert link.attributes["href"].startswith("#section-")
        assert any(one.attributes.get("id") == link.attributes["href"][1:] for one in root.all("details"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_markup(text: str) -> None:
    harmless, root = parsed(render_page(hostile_page("harmless"))), parsed(render_page(hostile_page(text)))

    def shape(element: Element) -> list[str]:
        # A series without a name has no place in the legend.
        return [one.tag for one in element.all() if one.tag in STRUCTURE or one.attributes.get("role") == "img"]

    assert shape(root) == shape(harmless)
    for one in root.all():
        assert one.tag not in {"img", "iframe", "object", "embed", "form", "input", "base", "video", "audio", "b", "i"}
        assert not any(EVENT.fullmatch(name) or name == "style" for name in one.attributes), one.attributes
        for name in ("href", "src", "xlink:href"):
            assert one.attributes.get(name, "#").startswith(("#", "data:image/svg+xml,"))
    assert "\x1b" not in render_page(hostile_page(text))


def test_texts_are_shown_as_they_are() -> None:
    text = HOSTILE[2]
    root = parsed(render_page(hostile_page(text)))
    assert root.all("h1")[0].text == text
    assert root.all("td")[1].text == text
    assert text in [one.whole_text() for one in root.all("li")]


def test_what_is_hidden_is_shown() -> None:
    page = Page("scan", "a\x00b\x1b[1m\u202ec\ud800", "", (), ())
    root = parsed(render_page(page))
    assert root.all("h1")[0].text == r"a\x00b\x1b[1m\u202ec\ud800"
    # Emoji are joined by a character that is not seen, and stay joined.
    family = "\U0001f469\u200d\U0001f467"
    assert family in render_page(Page("scan", family, "", (), ()))


def test_it_loads_nothing_and_runs_only_its_own_script() -> None:
    html = render_page(load_page())
    root = parsed(html)
    rules = policy(root)
    assert rules.pop("default-src") == "'none'"
    (style,), (script,) = root.all("style"), root.all("script")
    assert rules.pop("style-src") == source_hash(style.text)
    assert rules.pop("script-src") == source_hash(script.text)
    assert rules == {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    assert "@import" not in style.text
    assert "url(" not in style.text
    assert not re.search(r"fetch|XMLHttpRequest|import|innerHTML|eval|document\.write", script.text)
    # The name of SVG's vocabulary, in the icon, is no address that is asked.
    assert set(re.findall(r"https?://[^'\"\s<)]+", html)) == {"http://www.w3.org/2000/svg"}


def test_it_is_small() -> None:
    empty = render_page(Page("scan", "t", "", (), ()))
    assert len(empty.encode()) < 25_000
    # Plots of 3,000 points each are in it.
    assert len(render_page(load_page()).encode()) < 300_000


def test_passwords_are_masked_everywhere() -> None:
    html = render_page(hostile_page("postgresql://app:h!dden@db/shop and password='h!dden'"))
    assert "h!dden" not in html
    assert "postgresql://app:***@db/shop" in html


def test_verdicts_come_first_in_words_and_colours() -> None:
    page = every_block()
    root = parsed(render_page(page))
    shown = root.all("main")[0].children[0]
    assert shown.attributes["class"] == "verdicts"
    items = shown.all("li")
    assert [one.attributes["class"] for one in items] == [f"verdict {verdict.outcome}" for verdict in page.verdicts]
    badges = [one.all(of="badge")[0] for one in items]
    assert [one.whole_text().split() for one in badges] == [
        ["good\u2713"],
        ["bad\u2717"],
        ["unsure?"],
        ["note\u2022"],
    ]


def test_a_folded_section_is_closed_and_others_are_open() -> None:
    root = parsed(render_page(every_block()))
    sections = root.all("details", of="section")
    assert ["open" in one.attributes for one in sections] == [True, False, True]
    assert [one.all("h2")[0].text for one in sections] == ["Blocks", "Folded", "Third"]


def test_plots_can_be_read_without_being_seen() -> None:
    page = load_page()
    plots = [block for section in page.sections for block in section.blocks if isinstance(block, Plot)]
    root = parsed(render_page(page))
    figures = root.all("figure", of="drawn")
    assert len(figures) == len(plots)
    for figure, plot in zip(figures, plots, strict=True):
        drawings = figure.all("svg", of="plot")
        assert [one.attributes["class"] for one in drawings] == ["plot wide", "plot narrow"]
        for drawing in drawings:
            assert drawing.attributes["role"] == "img"
            title, description = drawing.children[:2]
            assert drawing.attributes["aria-labelledby"] == f"{title.attributes['id']} {description.attributes['id']}"
            assert title.text == plot.title
            for series in plot.series:
                assert series.name in description.text
        assert figure.all("details", of="numbers")[0].all("table")


def test_a_table_has_heads_figures_to_the_right_and_outcomes_in_words() -> None:
    grid = Grid(("name", "n"), (("a", "1"), ("b", "2"), ("c", "3")), (1,), (Outcome.GOOD, Outcome.NEUTRAL), "A table")
    root = parsed(render_page(Page("scan", "t", "", (), (Section("s", (grid,)),))))
    table = root.all("table")[0]
    assert table.all("caption")[0].text == "A table"
    assert [one.text for one in table.all("th")] == ["", "name", "n"]
    rows = table.all("tbody")[0].all("tr")
    assert [row.all(of="number")[0].text for row in rows] == ["1", "2", "3"]
    # The third has no outcome of its own.
    assert [[one.attributes["class"] for one in row.all(of="badge")] for row in rows] == [["badge good"], [], []]


def test_lines_of_programs_have_numbers_and_marks() -> None:
    code = Code("a\n<b>\nc\n", "python", "app.py", 7, (8,))
    root = parsed(render_page(Page("scan", "t", "", (), (Section("s", (code,)),))))
    pre = root.all("pre")[0]
    assert [one.text for one in pre.all(of="line-number")] == ["7", "8", "9"]
    (marked,) = pre.all(of="marked")
    assert marked.text == "<b>\n"


def test_a_folded_source_of_a_finding_comes_after_its_explanation() -> None:
    code = Code("x", title="as pytest shows it", folded=True)
    item = Item("failed", Outcome.BAD, "failed", "t", (("greenshift explains", "why"),), code)
    root = parsed(render_page(Page("test", "t", "", (), (Section("s", (item,)),))))
    (article,) = root.all("article")
    assert [child.tag for child in article.children] == ["header", "dl", "details"]
    assert "open" not in article.children[2].attributes
    assert article.all("summary")[0].text == "as pytest shows it"


def test_words_in_backticks_are_code() -> None:
    page = Page(
        "scan", "t", "", (Verdict("q", Outcome.GOOD, "a", "run `x <y>` now"),), (Section("s", (Text(("`z`",)),)),)
    )
    root = parsed(render_page(page))
    assert [one.text for one in root.all("code", of="word")] == ["x <y>", "z"]


@pytest.mark.parametrize(
    "plot",
    [
        Plot("none", "x", "y", ()),
        Plot("empty", "x", "y", (Series("a", (), ()),)),
        Plot("nothing measured", "x", "y", (Series("a", (1, 2), (float("nan"), float("inf"))),)),
        Plot("no bars", "x", "y", (Series("a", (), ()),), "bars"),
        Plot("bars without values", "x", "y", (Series("a", (), (float("nan"),)),), "bars", ("a",)),
    ],
    ids=lambda plot: plot.title,
)
def test_a_plot_of_nothing_says_so(plot: Plot) -> None:
    root = parsed(render_page(Page("load", "t", "", (), (Section("s", (plot,)),))))
    (figure,) = root.all("figure", of="drawn")
    assert not figure.all("svg")
    assert "nothing to draw" in figure.all("p", of="note")[0].text
