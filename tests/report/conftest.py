"""A report with everything in it that an output may stumble over."""

import pytest
from report.findings_to_show import KNOWN, LIVE, PING, POOL, POOLED, SILENT

from greenshift.report.findings import Report, Suppressed, Table


@pytest.fixture
def report() -> Report:
    return Report(
        findings=(POOLED, POOLED, LIVE),
        rules=(POOL, PING, SILENT),
        tables=(Table("services", ("setting", "auth", "backend"), (("pool_size", "5", "20"),)),),
        notes=("app/x.py: unknown: postgresql://app:h!dden:@l@db is read from a file",),
        summary={"files": 3, "engines": 1},
        suppressed=(Suppressed(KNOWN, "comment", "one user"), Suppressed(KNOWN, "baseline")),
    )
