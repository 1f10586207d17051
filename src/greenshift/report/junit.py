"""A report as JUnit XML: one test case a rule and file, so that a build server shows which rule fails where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from greenshift.report.findings import Finding, Report
from greenshift.report.masked import masked

# What XML 1.0 allows (https://www.w3.org/TR/xml/#charsets); the rest has no spelling in it, not even escaped.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """Return a report as JUnit XML; a rule without findings is a test case that passes.

    Args:
        report: the report.
    """
    report = masked(report)
    cases: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        cases.setdefault((finding.rule, finding.place.file), []).append(finding)
    titles = {rule.id: rule.title for rule in report.rules}
    silent = [rule.id for rule in report.rules if rule.id not in {rule for rule, _ in cases}]
    numbers = {"tests": str(len(cases) + len(silent)), "failures": str(len(cases)), "errors": "0", "skipped": "0"}
    suites = Element("testsuites", {"name": "greenshift check", **numbers})
    suite = SubElement(suites, "testsuite", {"name": "greenshift check", **numbers})
    for (rule, file), findings in sorted(cases.items()):
        case = SubElement(suite, "testcase", _case(rule, file, titles))
        failure = SubElement(
            case, "failure", {"type": str(max(one.severity for one in findings)), "message": _xml(findings[0].message)}
        )
        failure.text = _xml("\n".join(_lines(findings)))
    for rule in silent:
        SubElement(suite, "testcase", _case(rule, "greenshift check", titles))
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _case(rule: str, file: str, titles: dict[str, str]) -> dict[str, str]:
    title = titles.get(rule)
    return {"classname": _xml(file), "name": _xml(f"{rule}: {title}" if title else rule), "time": "0"}


def _lines(findings: Iterable[Finding]) -> Iterable[str]:
    for finding in findings:
        yield f"{finding.place}: {finding.severity}: {finding.message}"
        if finding.fix:
            yield f"  fix: {finding.fix}"


def _xml(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
