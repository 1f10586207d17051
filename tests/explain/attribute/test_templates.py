"""A template's line is the template's own, also while the template still runs."""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from greenshift.explain import Failure, Frame, from_exception


def test_the_line_of_a_running_template_is_the_templates(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<h1>title</h1>\n\n<p>{{ probe() }}</p>\n")
    environment = Environment(loader=FileSystemLoader(tmp_path), autoescape=True)
    seen: list[Failure] = []
    environment.globals["probe"] = lambda: seen.append(from_exception(ValueError("x"), sys._getframe(1)))
    environment.get_template("page.html").render()
    frames = [frame for frame in seen[0].frames if frame.file.endswith("page.html")]
    assert [(frame.line, frame.code, frame.user) for frame in frames] == [(3, "<p>{{ probe() }}</p>", True)]


def test_the_line_of_a_failed_template_is_not_mapped_twice(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<h1>title</h1>\n\n<p>{{ 1 / 0 }}</p>\n")
    environment = Environment(loader=FileSystemLoader(tmp_path), autoescape=True)
    found: list[Frame] = []
    try:
        environment.get_template("page.html").render()
    except ZeroDivisionError as error:
        found = [frame for frame in from_exception(error).frames if frame.file.endswith("page.html")]
    assert [frame.line for frame in found] == [3]
