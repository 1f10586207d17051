"""Every sample of every rule: the bad ones are found, by that rule alone, and mended; the good ones are not found."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from sample_findings import sample_findings

from greenshift.check.fixing import apply_edits
from greenshift.check.rules.registry import all_rules
from greenshift.check.rules.rule import Rule, Sample
from greenshift.report.findings import Severity

FAMILIES = {
    "0": "checker",
    "1": "pool",
    "2": "url",
    "3": "session",
    "4": "lifecycle",
    "5": "server",
    "6": "secrets",
    "7": "drift",
}
RULES = all_rules()


def _samples(kind: str) -> list[object]:
    return [
        pytest.param(rule, sample, id=f"{rule.id}-{kind}{number}")
        for rule in RULES
        for number, sample in enumerate(getattr(rule, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "sample"), _samples("bad"))
def test_bad_sample_issample_findings(rule: Rule, sample: Sample) -> None:
    findings = sample_findings(rule, sample)
    assert findings, "not found"
    assert {finding.rule for finding in findings} == {rule.id}
    assert any(sample.finds in finding.message for finding in findings), [finding.message for finding in findings]
    for finding in findings:
        assert "\n" not in finding.message
        assert finding.severity <= rule.severity
        if finding.place.line:
            assert finding.place.file in sample.files
            lines = sample.files[finding.place.file].split("\n")
            assert finding.place.line <= finding.place.end_line <= len(lines)
            assert finding.place.column <= len(lines[finding.place.line - 1])


@pytest.mark.parametrize(("rule", "sample"), _samples("bad"))
def test_bad_sample_is_found_by_no_other_rule(rule: Rule, sample: Sample) -> None:
    others = {
        f"{finding.rule}: {finding.message}"
        for other in RULES
        # Advice, and what a program as a whole lacks, may be said beside it.
        if other.id != rule.id and other.severity > Severity.ADVICE and other.id[2] == rule.id[2]
        for finding in sample_findings(other, sample)
        if finding.severity > Severity.ADVICE
    }
    assert not others


@pytest.mark.parametrize(("rule", "sample"), _samples("good"))
def test_good_sample_is_notsample_findings(rule: Rule, sample: Sample) -> None:
    assert [finding.message for finding in sample_findings(rule, sample)] == []


@pytest.mark.parametrize(("rule", "sample"), _samples("bad"))
def test_edits_give_the_fixed_sample(rule: Rule, sample: Sample) -> None:
    fixed = apply_edits(sample_findings(rule, sample), sample.files)
    assert dict(fixed.texts) == dict(sample.fixed)
    assert not fixed.left
    if not sample.fixed:
        return
    files = {**sample.files, **fixed.texts}
    for path, text in fixed.texts.items():
        if path.endswith(".py"):
            ast.parse(text)
    assert [finding.message for finding in sample_findings(rule, sample, files)] == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES])
def test_rule_is_described(rule: Rule) -> None:
    assert re.fullmatch(r"GS\d{3}", rule.id)
    assert type(rule).__module__.split(".")[-2] == FAMILIES[rule.id[2]]
    assert re.match(r"https://\S+$", rule.source)
    assert "\n" not in rule.title
    assert 10 <= len(rule.title) <= 110
    assert not rule.title.endswith(".")
    assert len(re.findall(r"[.:)`](?= |$)", rule.why)) >= 2, "at least two sentences"
    assert rule.why.strip().endswith(".")
    assert rule.fix
    assert rule.bad
    assert rule.good


def test_ids_are_unique() -> None:
    identifiers = [rule.id for rule in RULES]
    assert sorted(set(identifiers)) == identifiers


def test_every_module_of_a_family_has_its_rule_or_none() -> None:
    by_module: dict[str, list[str]] = {}
    for rule in RULES:
        by_module.setdefault(type(rule).__module__, []).append(rule.id)
    assert {module: rules for module, rules in by_module.items() if len(rules) > 1} == {}
    assert all(Path(module.replace(".", "/")).parts[2] == "rules" for module in by_module)
