"""Take the pictures of the documentation: ``python tests/report/screenshots.py`` writes docs/images/report-*.png."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from report.pages_of_parts import pages_of_parts  # noqa: E402 - the tests' folder is no package

from greenshift.report.html import render_page  # noqa: E402

IMAGES = ROOT / "docs" / "images"
# The page, the width and the height of what is shown, in pixels, and the colours.
PICTURES = {
    "load": ("load", 1280, 1330, "light"),
    "load-dark": ("load", 1280, 1330, "dark"),
    "load-phone": ("load", 360, 1100, "light"),
    "verify": ("verify", 1280, 1000, "light"),
    "check": ("check", 1280, 1000, "dark"),
    "shift": ("shift", 1280, 1000, "light"),
    "test": ("test", 1280, 1330, "light"),
}


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (kind, width, height, scheme) in PICTURES.items():
            file = Path(folder) / "page.html"
            file.write_text(render_page(pages_of_parts()[kind]), encoding="utf-8")
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            tab = context.new_page()
            tab.goto(file.as_uri())
            image = IMAGES / f"report-{name}.png"
            tab.screenshot(path=image)
            print(f"{image.relative_to(ROOT)}  {image.stat().st_size // 1000} kB")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
