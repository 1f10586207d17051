"""Every block of every page is run, in a project of the page's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs_blocks import PROJECT, Block, blocks_of, pages
from docs_story import Story, commands_of, matches

# Blocks that cannot be run, by their reasons; a page that adds one has to be counted here.
NOT_RUN = 5


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(PROJECT))) for page in pages()])
def test_what_a_page_says_is_so(page: Path, tmp_path: Path) -> None:
    with Story(tmp_path) as story:
        for block in blocks_of(page):
            story.tell(block)


def test_what_is_only_shown_is_counted_and_has_a_reason() -> None:
    shown = [block for page in pages() for block in blocks_of(page) if "shown" in block.directives]
    assert not [block.place for block in shown if len(block.directives["shown"]) < 10]
    assert len(shown) <= NOT_RUN, [f"{block.place}: {block.directives['shown']}" for block in shown]


def console(text: str) -> Block:
    return Block("page.md", 1, "console", text, {})


def test_a_command_that_fails_fails_the_page(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="expected exit code 0"):
        Story(tmp_path).tell(console("$ python -c 'raise SystemExit(3)'\n"))


def test_other_output_fails_the_page(tmp_path: Path) -> None:
    Story(tmp_path).tell(console("$ echo one; echo two\none\ntwo\n"))
    with pytest.raises(AssertionError, match="the page says:\none"):
        Story(tmp_path).tell(console("$ echo one; echo two\none\n"))


def test_a_program_that_fails_fails_the_page(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        Story(tmp_path).tell(Block("page.md", 1, "python", "1 / 0\n", {}))


def test_wrong_settings_fail_the_page(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="isolatoin"):
        Story(tmp_path).tell(Block("page.md", 1, "toml", '[tool.greenshift]\nisolatoin = "rewind"\n', {}))


def test_commands_and_their_output() -> None:
    commands = commands_of(console("$ one \\\n  --two\n$ three\nits\noutput\n"))
    assert [(command.text, command.expected) for command in commands] == [
        ("one \\\n  --two", ""),
        ("three", "its\noutput"),
    ]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("", "anything", True),
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...\nd", "a\nd\n", True),
        ("1 passed in ...s", "1 passed in 0.12s", True),
        ("a ... c", "a b\nc", False),
        ("a", "a\nb", False),
        ("...", "", True),
        ("a.b", "axb", False),
    ],
)
def test_dots_stand_for_anything(expected: str, printed: str, same: bool) -> None:
    assert matches(expected, printed) is same
