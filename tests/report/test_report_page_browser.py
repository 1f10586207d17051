"""Pages of every kind in a real browser: Debian's Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab
from report.pages_of_parts import pages_of_parts
from report.pages_to_show import HOSTILE, every_block, hostile_page

from greenshift.report.html import render_page
from greenshift.report.page import Page, Plot, Section, Series

CHROMIUM = Path("/usr/bin/chromium")
KINDS = ("scan", "shift", "verify", "check", "test", "load", "plots")
WIDTHS = {"phone": 360, "desk": 1280}
# What of the drawing lies outside of it, and which labels of one axis touch each other.
GEOMETRY = """() => [...document.querySelectorAll("svg.plot")].filter(one => one.clientWidth).map(svg => {
  const outer = svg.getBoundingClientRect(), figure = svg.closest("figure").getBoundingClientRect();
  const inside = (one, box) => one.left >= box.left - 1 && one.right <= box.right + 1
    && one.top >= box.top - 1 && one.bottom <= box.bottom + 1;
  const shapes = [...svg.querySelectorAll("polyline, polygon, rect, .point, text, line")];
  const labels = [...svg.querySelectorAll(".axis")].flatMap(axis => {
    const boxes = [...axis.querySelectorAll("text")].map(one => [one.textContent, one.getBoundingClientRect()]);
    return boxes.flatMap(([text, a], index) => boxes.slice(index + 1)
      .filter(([, b]) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom)
      .map(([other]) => `${text} and ${other}`));
  });
  return {
    title: svg.querySelector("title").textContent,
    width: outer.width, height: outer.height,
    in_figure: inside(outer, figure),
    outside: shapes.filter(one => !inside(one.getBoundingClientRect(), outer)).map(one => one.outerHTML.slice(0, 120)),
    data: [...svg.querySelectorAll(".series :is(polyline, rect, .point)")]
      .filter(one => one.getBoundingClientRect().width + one.getBoundingClientRect().height > 0).length,
    texts: Math.min(...[...svg.querySelectorAll("text")].map(one => one.getBoundingClientRect().height)),
    touching: labels,
  };
})"""
# The contrast of every text with what is behind it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio), below 4.5.
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) { return colour; }
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getBoundingClientRect().width) { continue; }
    if (element.closest("script, style, title, desc")) { continue; }
    const style = getComputedStyle(element);
    const one = luminance(rgba(element.closest("svg") ? style.fill : style.color)), other = luminance(behind(element));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) { faint.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 100)}`); }
  }
  return faint;
}"""
BRIGHTNESS = """() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
  return (r + g + b) / 765;
}"""
OVERFLOW = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install --yes --no-install-recommends chromium", pytrace=False)
    with sync_playwright() as playwright:
        # As root, as in a container, Chromium starts only without its sandbox.
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


class Opened:
    """A page in a tab of its own, and what went wrong in it."""

    def __init__(self, browser: Browser, folder: Path, page: Page, **options: Any) -> None:
        file = folder / "page.html"
        file.write_bytes(render_page(page).encode())
        self.context = browser.new_context(**{"viewport": {"width": WIDTHS["desk"], "height": 900}, **options})
        self.tab: Tab = self.context.new_page()
        self.said: list[str] = []
        self.tab.on("console", lambda message: self.said.append(f"console: {message.text}"))
        self.tab.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.tab.on("request", lambda request: self.said.append(f"asked: {request.url}"))
        self.tab.on("requestfailed", lambda request: self.said.append(f"failed: {request.url}"))
        self.tab.on("dialog", lambda dialog: self.said.append(f"dialog: {dialog.message}"))
        self.tab.goto(file.as_uri())
        assert self.said.pop(0) == f"asked: {file.as_uri()}"
        # The icon, which is in the page itself.
        self.said = [one for one in self.said if not one.startswith("asked: data:")]

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def at(self, width: int) -> None:
        self.tab.set_viewport_size({"width": width, "height": 900})

    def open_all(self) -> None:
        self.tab.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_every_kind(browser: Browser, tmp_path: Path, kind: str) -> None:
    page = pages_of_parts()[kind]
    count = sum(isinstance(block, Plot) for section in page.sections for block in section.blocks)
    with Opened(browser, tmp_path, page) as opened:
        tab = opened.tab
        assert tab.title() == page.title
        assert tab.locator(".verdict").count() == len(page.verdicts) > 0
        opened.open_all()
        for width in WIDTHS.values():
            opened.at(width)
            assert tab.evaluate(OVERFLOW) <= 0, width
            drawings = tab.evaluate(GEOMETRY)
            # A check of two findings has nothing to draw.
            assert len(drawings) == count > (-1 if kind == "check" else 0)
            for drawing in drawings:
                assert drawing["width"] > 250
                assert drawing["height"] > 60
                assert drawing["in_figure"], drawing
                assert drawing["data"] > 0, drawing
                assert drawing["outside"] == [], drawing
                assert drawing["touching"] == [], drawing
                # 12 pixels as they are drawn, not shrunk to nothing.
                assert drawing["texts"] > 9, drawing
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            assert tab.evaluate(FAINT) == []
        assert opened.said == []


def test_no_text_breaks_out_or_makes_the_page_wider(browser: Browser, tmp_path: Path) -> None:
    pages = [hostile_page(text) for text in HOSTILE]
    sections = tuple(section for page in pages for section in page.sections)
    verdicts = tuple(verdict for page in pages for verdict in page.verdicts)
    page = Page("scan", HOSTILE[0], HOSTILE[5], verdicts, sections)
    with Opened(browser, tmp_path, page) as opened:
        opened.open_all()
        for width in WIDTHS.values():
            opened.at(width)
            assert opened.tab.evaluate(OVERFLOW) <= 0
            for drawing in opened.tab.evaluate(GEOMETRY):
                assert drawing["outside"] == [], drawing
        assert opened.tab.title() == HOSTILE[0]
        assert opened.tab.locator("script").count() == 1
        assert opened.said == []


def test_dark_is_dark_and_the_button_turns_it(browser: Browser, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, every_block(), color_scheme="dark") as opened:
        tab, button = opened.tab, opened.tab.locator("#theme")
        assert tab.evaluate(BRIGHTNESS) < 0.15
        assert button.text_content() == "light"
        button.click()
        assert tab.evaluate(BRIGHTNESS) > 0.9
        assert tab.evaluate(FAINT) == []
        # It stays so when the page is opened again, and when the system changes.
        tab.reload()
        assert tab.evaluate(BRIGHTNESS) > 0.9
        tab.emulate_media(color_scheme="light")
        button.click()
        assert tab.evaluate(BRIGHTNESS) < 0.15
        assert tab.evaluate(FAINT) == []
    with Opened(browser, tmp_path, every_block(), color_scheme="light") as opened:
        assert opened.tab.evaluate(BRIGHTNESS) > 0.9


def test_what_is_folded_opens(browser: Browser, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, every_block()) as opened:
        tab = opened.tab
        hidden = tab.get_by_text("hidden", exact=True)
        assert not hidden.is_visible()
        tab.get_by_role("heading", name="Folded").click()
        assert hidden.is_visible()
        tab.get_by_role("heading", name="Folded").click()
        assert not hidden.is_visible()
        # A link to a closed section opens it.
        tab.get_by_role("link", name="Folded").click()
        tab.wait_for_function("() => document.querySelector('#section-2').open")
        tab.locator("#unfold").click()
        assert tab.locator("details:not([open])").count() == 0
        tab.locator("#unfold").click()
        assert tab.locator("details[open]").count() == 0


def test_the_page_is_whole_without_a_script(browser: Browser, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, every_block(), java_script_enabled=False) as opened:
        tab = opened.tab
        assert not tab.locator(".tools").is_visible()
        assert tab.locator("svg.plot.wide").first.is_visible()
        tab.get_by_role("heading", name="Folded").click()
        assert tab.get_by_text("hidden", exact=True).is_visible()
        assert opened.said == []


def test_print_shows_all_of_it(browser: Browser, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, every_block(), java_script_enabled=False) as opened:
        opened.tab.emulate_media(media="print")
        assert not opened.tab.locator("nav").is_visible()
        assert opened.tab.get_by_text("hidden", exact=True).bounding_box()["height"] > 0
        assert opened.tab.pdf().startswith(b"%PDF-")


def test_a_wide_table_and_a_long_line_scroll_in_their_own_boxes(browser: Browser, tmp_path: Path) -> None:
    with Opened(browser, tmp_path, pages_of_parts()["plots"]) as opened:
        opened.at(WIDTHS["phone"])
        box = opened.tab.locator(".box", has=opened.tab.get_by_text("Medians of 3 rounds"))
        inner, outer = box.evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert inner > outer
        assert outer < WIDTHS["phone"]


def test_labels_do_not_touch_whatever_the_axis(browser: Browser, tmp_path: Path) -> None:
    def lines(title: str, x: tuple[float, ...], y: tuple[float, ...], **more: Any) -> Plot:
        return Plot(title, "x", "y", (Series("a", x, y),), **more)

    plots = (
        lines("large", (1e6, 2e6, 3e6), (1e9, 2.5e9, 7e9)),
        lines("small", (1e-6, 2e-6), (1e-5, 3e-4)),
        lines("negative", (-5, 5), (-1234, 5678)),
        lines("near each other", (1, 1.001, 1.002, 2000), (1, 2, 3, 4)),
        lines("long labels", tuple(1e6 + one / 1e4 for one in range(20)), tuple(range(20))),
        lines("decades", (1, 1e9), (1e-3, 1e7), x_scale="log", y_scale="log"),
        lines("close, logarithmic", (95, 105), (95, 105), x_scale="log", y_scale="log"),
        lines("targets", (1, 2), (1, 2), marks=((1.9, "one"), (1.95, "two"), (1.97, "three"))),
        Plot(
            "bars", "x", "y", (Series("a", (), tuple(range(60))),), "bars", tuple(f"{one * 1000}" for one in range(60))
        ),
        Plot("wide letters", "x", "y", (Series("a", (), (1, 2)),), "bars", ("\u6f22\u5b57" * 20, "W" * 60)),
    )
    with Opened(browser, tmp_path, Page("load", "t", "", (), (Section("s", plots),))) as opened:
        for width in WIDTHS.values():
            opened.at(width)
            for drawing in opened.tab.evaluate(GEOMETRY):
                assert drawing["touching"] == [], drawing
                assert drawing["outside"] == [], drawing
