"""Take the pictures of the documentation: ``python tests/report/screenshots.py`` writes docs/images/report-*.png."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from report.pages_of_parts import measured_page, run_page, verify_page  # noqa: E402 - the tests' folder is no package

from greenshift.check.api import run_check  # noqa: E402
from greenshift.check.page import page_of as check_page_of  # noqa: E402
from greenshift.check.wanted import Wanted  # noqa: E402
from greenshift.report.html import render_page  # noqa: E402
from greenshift.report.page import Page  # noqa: E402
from greenshift.shift.api import plan_shift  # noqa: E402
from greenshift.shift.page import page_of as shift_page_of  # noqa: E402

IMAGES = ROOT / "docs" / "images"
EXAMPLES = ROOT / "examples"
# The page, the section at the top (0: the page's beginning), the width and the height in pixels, and the colours.
PICTURES = {
    "load": ("load", 0, 1280, 860, "light"),
    "load-dark": ("load", "Throughput and latency", 1280, 860, "dark"),
    "load-phone": ("load", "Throughput and latency", 360, 900, "light"),
    "verify": ("verify", 0, 1280, 1000, "light"),
    "check": ("check", 0, 1280, 1000, "dark"),
    "shift": ("shift", 0, 1280, 1000, "light"),
    "test": ("test", 0, 1280, 1000, "light"),
}


def pages() -> dict[str, Page]:
    """Return the pages; check and shift are of the examples, the others of measurements as a run has them."""
    platform = EXAMPLES / "platform"
    checked = run_check(Wanted(paths=[platform], directory=platform, drift=True, cache=False))
    return {
        "load": measured_page(),
        "verify": verify_page(),
        "check": check_page_of(checked.report, platform),
        "shift": shift_page_of(plan_shift(EXAMPLES / "exams"), written=False),
        "test": run_page(),
    }


def main() -> None:
    """Write the pictures."""
    IMAGES.mkdir(exist_ok=True)
    rendered = {kind: render_page(page) for kind, page in pages().items()}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (kind, section, width, height, scheme) in PICTURES.items():
            file = Path(folder) / f"{kind}.html"
            file.write_text(rendered[kind], encoding="utf-8")
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            tab = context.new_page()
            tab.goto(file.as_uri())
            if section:
                tab.get_by_role("heading", name=section, exact=True).evaluate("one => one.scrollIntoView()")
            image = IMAGES / f"report-{name}.png"
            tab.screenshot(path=image)
            print(f"{image.relative_to(ROOT)}  {image.stat().st_size // 1000} kB")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
