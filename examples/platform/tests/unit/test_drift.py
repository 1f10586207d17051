"""Both services side by side, as staging's variables make them: alike, and where they are not, it is found."""

from pathlib import Path

import pytest

from tests.end_to_end.services import PLATFORM, variant_of_the_backend
from tests.unit.checking import Check

MODULE = (PLATFORM / "backend" / "database.py").read_text(encoding="utf-8")
PASSWORD = "sesame"
VARIABLES = f"""\
DATABASE_URL=postgresql+asyncpg://platform:{PASSWORD}@db.internal/platform
JWT_SECRET=that of staging, which is as long as it should be
"""


def staging(tmp_path: Path, more: str = "") -> str:
    """Write the file with staging's variables and return the argument that names it."""
    file = tmp_path / "staging.env"
    file.write_text(VARIABLES + more, encoding="utf-8")
    return f"staging={file}"


def test_both_services_are_alike(tmp_path: Path) -> None:
    check = Check("--drift", "--env", staging(tmp_path))
    assert check.findings == []
    assert check.exit_code == 0
    # A cell may say behind the value where it comes from.
    assert {cell.split()[0] for cell in check.tables["pool_size"] if cell} == {"5"}
    assert {cell.split()[0] for cell in check.tables["statement_timeout"] if cell} == {"10s"}
    assert {"platform-auth", "platform-backend"} <= set(check.tables["application_name"])
    assert PASSWORD not in check.output


def test_the_broken_backend_differs_in_more_than_its_pool_class(tmp_path: Path) -> None:
    folder = variant_of_the_backend(tmp_path, (PLATFORM / "broken" / "database.py").read_text(encoding="utf-8"))
    check = Check("--drift", "--env", staging(tmp_path), folder=folder)
    assert check.exit_code == 1
    differing = {message.split(" of backend", 1)[0] for message in check.messages if "nothing says why" in message}
    assert differing >= {"max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping", "statement_timeout"}


@pytest.mark.parametrize("declared", [False, True], ids=["undeclared", "declared"])
def test_a_difference_needs_a_reason(declared: bool, tmp_path: Path) -> None:
    assert "max_overflow=settings.max_overflow" in MODULE
    changed = MODULE.replace("max_overflow=settings.max_overflow", "max_overflow=9")
    folder = variant_of_the_backend(tmp_path, changed)
    if declared:
        with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write('\n[tool.greenshift.services.backend.differs]\nmax_overflow = "bursts of messages"\n')
    check = Check("--drift", "--env", staging(tmp_path), folder=folder)
    line = changed[: changed.index("max_overflow=9")].count("\n") + 1
    assert check.findings == ([] if declared else [("GS701", "backend/database.py", line)])


def test_more_connections_than_the_server_has(tmp_path: Path) -> None:
    """Two services, two instances and two workers each, and pools that keep 25: 200 connections of 97."""
    check = Check("--drift", "--env", staging(tmp_path, "POOL_SIZE=25\nMAX_OVERFLOW=5\n"))
    assert check.exit_code == 1
    assert [rule for rule, _, _ in check.findings] == ["GS501"]
    assert "200 connections open, of 97" in check.messages[0]
