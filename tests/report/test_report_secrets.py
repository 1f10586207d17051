"""No output holds a password, in whatever form and field it came."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report.findings_to_show import POOLED

from greenshift.report.findings import Edit, Place, Report, Suppressed, Table
from greenshift.report.github import as_github
from greenshift.report.json_report import as_json
from greenshift.report.junit import as_junit
from greenshift.report.sarif import as_sarif
from greenshift.report.text import as_text

OUTPUTS = (as_text, as_json, as_sarif, as_github, as_junit)


def report_with(text: str) -> Report:
    """A report with a text in every field that may hold one."""
    finding = replace(
        POOLED,
        message=text,
        fix=text,
        subject=text,
        line_text=f"    engine = f({text})",
        edits=(Edit(POOLED.place, text),),
        related=((Place(text), text),),
    )
    return Report(
        (finding, replace(finding, place=Place(text), subject="")),
        (),
        (Table("drift", ("setting", "value"), (("url", text),)),),
        (text,),
        {},
        (Suppressed(finding, "comment", text),),
    )


@pytest.mark.parametrize("output", OUTPUTS)
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="@"), max_size=20),
    st.integers(0, 5),
)
def test_no_password_is_in_any_output(output: Callable[[Report], str], inner: str, form: int) -> None:
    password = f"ZQ{inner}QZ"
    escaped = password.replace("\\", "\\\\").replace('"', '\\"')
    text = (
        f"postgresql+asyncpg://app:{quote(password, safe='')}@db:5432/shop",
        f'"postgresql://app:{escaped}@db/shop"',
        f"connect_args={{'password': {password!r}}}",
        f'URL.create("postgresql", password="{escaped}")',
        f"PGPASSWORD={quote(password, safe='')}",
        f'os.environ.get("DB_PASSWORD", default="{escaped}")',
    )[form]
    shown = output(report_with(text))
    assert "ZQ" not in shown
    assert "QZ" not in shown
