"""Texts are taken apart into streams: containers, records, colours, secrets."""

from __future__ import annotations

import json

import pytest

from greenshift.explain.reading.streams import streams
from greenshift.explain.text import parse
from greenshift.masking import mask

TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in f\n    g()\nValueError: no\n'


def texts(text: str) -> list[list[str]]:
    return [[line.text for line in stream] for stream in streams(text)]


def test_containers_are_told_apart_though_their_lines_interleave() -> None:
    one, other = TRACEBACK.splitlines(), TRACEBACK.replace("no", "yes").splitlines()
    lines = [line for pair in zip(one, other, strict=True) for line in (f"web-1  | {pair[0]}", f"job-1  | {pair[1]}")]

    failures = parse("\n".join(lines))

    assert [failure.chain[0].message for failure in failures] == ["no", "yes"]
    assert all(failure.chain[0].frames[0].code == "g()" for failure in failures)


def test_times_of_runners_and_kubernetes_are_cut_off() -> None:
    assert texts("2026-01-31T10:00:00.1234567Z E   no\n2026-01-31T10:00:00+00:00 stderr F yes") == [["E   no", "yes"]]


@pytest.mark.parametrize(
    "record",
    [
        {"level": "error", "exc_info": TRACEBACK},
        {"severity": "ERROR", "error": {"stack_trace": TRACEBACK}},
        {"events": [{"message": "failed\n" + TRACEBACK}]},
        {
            "exception": [
                {
                    "exc_type": "ValueError",
                    "exc_value": "no",
                    "frames": [{"filename": "/srv/a.py", "lineno": 1, "name": "f", "line": "g()"}],
                }
            ]
        },
    ],
)
def test_json_records(record: dict[str, object]) -> None:
    [failure] = parse(f'{{"event": "started"}}\nweb | {json.dumps(record)}\nnot json {{}}\n')

    [raised] = failure.chain
    assert (raised.type_name, raised.message) == ("ValueError", "no")
    assert [(frame.file, frame.line, frame.function, frame.code) for frame in raised.frames] == [
        ("/srv/a.py", 1, "f", "g()")
    ]


def test_a_line_of_code_that_ends_like_a_record_stays() -> None:
    code = 'return {"status": "ok: \\\\n", "detail": "none"}'

    [failure] = parse(TRACEBACK.replace("g()", code))

    assert failure.chain[0].frames[0].code == code


def test_a_traceback_with_its_line_ends_written_out() -> None:
    line = 'level=error msg="failed" traceback="' + TRACEBACK.replace('"', '\\"').replace("\n", "\\n") + '"'

    [failure] = parse(line)

    assert failure.chain[0].frames[0].file == "/srv/a.py"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql+asyncpg://app:s3cret@db:5432/x", "postgresql+asyncpg://app:***@db:5432/x"),
        ("'postgresql://app:p@ss:w0rd/@db/x'", "'postgresql://app:***@db/x'"),
        ("host=db password=s3cret user=app", "host=db password=*** user=app"),
        ("{'PGPASSWORD': 's3cret'}", "{'PGPASSWORD': '***'}"),
        ("https://sqlalche.me/e/20/xd2s", "https://sqlalche.me/e/20/xd2s"),
    ],
)
def test_passwords_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
