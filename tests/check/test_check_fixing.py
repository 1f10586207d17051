"""Edits of findings applied to texts: overlaps, neighbours, and that nothing else changes."""

from __future__ import annotations

import ast
import itertools
import random

import pytest

from greenshift.check.fixing import apply_edits
from greenshift.report.findings import Edit, Finding, Place, Severity

PATH = "app/database.py"


def _place(text: str, start: int, end: int) -> Place:
    def position(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    line, column = position(start)
    end_line, end_column = position(end)
    return Place(PATH, line, column, end_line, end_column)


def _finding(text: str, *changes: tuple[int, int, str], rule: str = "GS999") -> Finding:
    edits = tuple(Edit(_place(text, start, end), new) for start, end, new in changes)
    return Finding(rule, Severity.ERROR, "m", Place(PATH, 1, 1, 1, 1), "f", edits)


def _removing(text: str, part: str) -> Finding:
    start = text.index(part)
    return _finding(text, (start, start + len(part), ""))


def test_edits_at_different_places_are_all_made() -> None:
    text = "é = 'postgres://'\nb = 2\n"
    fixed = apply_edits(
        [_finding(text, (5, 13, "postgresql")), _finding(text, (len(text), len(text), "c = 3\n"))], {PATH: text}
    )
    assert fixed.texts == {PATH: "é = 'postgresql://'\nb = 2\nc = 3\n"}
    assert len(fixed.applied) == 2


def test_of_two_overlapping_edits_the_later_one_is_left() -> None:
    text = "url = 'sqlite://'\n"
    first, second = _finding(text, (7, 13, "sqlite+aiosqlite")), _finding(text, (6, 17, "URL"))
    fixed = apply_edits([first, second], {PATH: text})
    assert fixed.texts == {PATH: "url = 'sqlite+aiosqlite://'\n"}
    assert (fixed.applied, fixed.left) == ((first,), (second,))


def test_a_finding_is_applied_as_a_whole_or_not_at_all() -> None:
    text = "a = 1\nb = 2\n"
    first = _finding(text, (4, 5, "10"))
    second = _finding(text, (10, 11, "20"), (4, 5, "11"))
    assert apply_edits([first, second], {PATH: text}).texts == {PATH: "a = 10\nb = 2\n"}


def test_two_insertions_at_one_place_wait_for_each_other() -> None:
    text = "f(a)"
    fixed = apply_edits([_finding(text, (3, 3, ", x=1")), _finding(text, (3, 3, ", y=2"))], {PATH: text})
    assert fixed.texts == {PATH: "f(a, x=1)"}
    assert len(fixed.left) == 1


def test_the_same_edit_of_two_findings_is_made_once() -> None:
    text = "f(a, x=1)"
    fixed = apply_edits([_removing(text, ", x=1"), _removing(text, ", x=1")], {PATH: text})
    assert fixed.texts == {PATH: "f(a)"}
    assert len(fixed.applied) == 2


def test_an_edit_outside_of_its_file_is_left() -> None:
    text = "a = 1\n"
    for place in (Place(PATH, 9, 1, 9, 2), Place(PATH, 1, 40, 1, 41), Place("other.py", 1, 1, 1, 2), Place(PATH)):
        finding = Finding("GS999", Severity.ERROR, "m", place, "f", (Edit(place, "x"),))
        fixed = apply_edits([finding], {PATH: text})
        assert (fixed.texts, fixed.left) == ({}, (finding,))


@pytest.mark.parametrize("style", ["leading", "trailing"])
@pytest.mark.parametrize("layout", ["one line", "lines"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_choice_of_arguments_can_be_removed_at_once(style: str, layout: str, count: int) -> None:
    names = [f"a{number}" for number in range(count)]
    arguments = [f"{name}={number}" for number, name in enumerate(names)]
    is_short = layout == "one line"
    text = f"f({', '.join(arguments)})" if is_short else "f(\n    " + ",\n    ".join(arguments) + ",\n)"
    separator = ", " if is_short else ",\n    "
    for chosen in itertools.chain.from_iterable(
        itertools.combinations(range(count), size) for size in range(count + 1)
    ):
        findings = []
        for index in chosen:
            start = text.index(arguments[index])
            end = start + len(arguments[index])
            if style == "leading" and index > 0:
                start -= len(separator)
            elif index < count - 1:
                end += len(separator)
            elif index > 0:
                start -= len(separator)
            elif not is_short:
                end += len(",")
            findings.append(_finding(text, (start, end, "")))
        result = apply_edits(findings, {PATH: text}).texts.get(PATH, text)
        call = ast.parse(result, mode="eval").body
        assert isinstance(call, ast.Call)
        assert [keyword.arg for keyword in call.keywords] == [
            name for index, name in enumerate(names) if index not in chosen
        ]


@pytest.mark.parametrize("seed", range(200))
def test_what_no_edit_covers_stays_as_it_is(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice("abé,\n (") for _ in range(chance.randint(1, 80)))
    findings = []
    for _ in range(chance.randint(1, 6)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.randint(0, 6))
        findings.append(_finding(text, (start, end, f"<{len(findings)}>")))
    fixed = apply_edits(findings, {PATH: text})
    assert set(fixed.applied) | set(fixed.left) == set(findings)
    # Undoing the edits that were applied gives the text again, so nothing else was touched.
    undone = fixed.texts.get(PATH, text)
    for index, finding in enumerate(findings):
        if finding in fixed.applied:
            place = finding.edits[0].place
            lines = text.split("\n")
            start = sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1
            end = sum(len(line) + 1 for line in lines[: place.end_line - 1]) + place.end_column - 1
            assert undone.count(f"<{index}>") == 1
            undone = undone.replace(f"<{index}>", text[start:end])
    assert undone == text
