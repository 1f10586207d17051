"""JUnit XML that any parser reads, whatever a message holds."""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st
from report.findings_to_show import POOLED

from greenshift.report.findings import Place, Report
from greenshift.report.junit import as_junit


def test_a_case_a_rule_and_file(report: Report) -> None:
    suites = fromstring(as_junit(report).encode())
    (suite,) = suites
    assert suite.attrib | {"tests": "3", "failures": "2", "errors": "0"} == suite.attrib
    assert [(case.get("classname"), case.get("name", "").partition(":")[0], len(case)) for case in suite] == [
        ("app/my db.py", "GS101", 1),
        ("app.db:engine", "GS102", 1),
        ("greenshift check", "GS103", 0),
    ]
    failure = suite[0][0]
    assert failure.get("type") == "error"
    assert (failure.text or "").count("app/my db.py:4:58: error: Pool class QueuePool") == 2
    assert "fix: leave poolclass out" in (failure.text or "")


@given(st.text(st.characters(codec=None)))
def test_any_message_is_valid(text: str) -> None:
    finding = replace(POOLED, message=text, place=Place(f"{text}.py", 1, 1, 1, 2), fix=text)
    (suite,) = fromstring(as_junit(Report((finding,), ())).encode())
    assert len(suite) == 1
