"""The JSON report keeps its documented shape."""

import json

from greenshift.report.findings import Report
from greenshift.report.json_report import as_json


def test_the_shape(report: Report) -> None:
    read = json.loads(as_json(report))
    assert list(read) == ["version", "tool", "findings", "suppressed", "rules", "tables", "notes", "summary"]
    assert read["version"] == 1
    finding = read["findings"][0]
    assert finding["file"] == "app/my db.py"
    assert (finding["line"], finding["column"], finding["end_line"], finding["end_column"]) == (4, 58, 4, 77)
    assert finding["severity"] == "error"
    assert finding["edits"] == [
        {"file": "app/my db.py", "line": 4, "column": 56, "end_line": 4, "end_column": 77, "new": ""}
    ]
    assert finding["related"][0]["what"] == "the URL"
    assert read["findings"][2]["line"] is None
    assert [one["suppressed_by"] for one in read["suppressed"]] == ["comment", "baseline"]
    assert read["summary"] == {"files": 3, "engines": 1}
    assert [rule["id"] for rule in read["rules"]] == ["GS101", "GS102", "GS103"]


def test_equal_findings_have_fingerprints_of_their_own(report: Report) -> None:
    one, other, third = (finding["fingerprint"] for finding in json.loads(as_json(report))["findings"])
    assert one.partition(":")[0] == other.partition(":")[0] != third.partition(":")[0]
    assert len({one, other, third}) == 3
