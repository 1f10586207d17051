"""The documentation's pages of rules are what the rules and their samples say now."""

from __future__ import annotations

import re

import pytest
from rule_pages import COMMAND, DOCS, FAMILIES, pages, stray

from greenshift.check.rules.registry import all_rules

PAGES = pages()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_up_to_date(path: str) -> None:
    written = DOCS / path
    assert written.exists(), f"run {COMMAND}"
    assert written.read_text() == PAGES[path], f"run {COMMAND}"


def test_no_page_is_of_a_rule_that_is_gone() -> None:
    assert stray() == [], f"run {COMMAND}"


def test_every_rule_is_in_the_table_of_its_family() -> None:
    family = ""
    found = {}
    for line in PAGES["rules.md"].splitlines():
        if line.startswith("## "):
            family = line.removeprefix("## ")
        row = re.match(r"\| \[(GS\d{3})\]\(rules/(GS\d{3})\.md\) \|", line)
        if row is not None:
            assert row[1] == row[2]
            found[row[1]] = family
    assert found == {rule.id: FAMILIES[rule.id[2]] for rule in all_rules()}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_page_has_all_of_a_rule(rule) -> None:  # type: ignore[no-untyped-def]
    page = PAGES[f"rules/{rule.id}.md"]
    assert rule.why in page
    assert f"<{rule.source}>" in page
    for sample in (*rule.bad, *rule.good):
        for text in (*sample.files.values(), *sample.fixed.values()):
            assert f"\n{text.rstrip()}\n```" in page
    assert page.count("\n> ") >= len(rule.bad), "each bad sample has what is said of it"
