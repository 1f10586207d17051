"""The rules of `greenshift check`, asked of both services, of what they build, and of the broken pool."""

import runpy
from pathlib import Path

from sqlalchemy import AsyncAdaptedQueuePool

from tests.end_to_end.services import PLATFORM, variant_of_the_backend
from tests.unit.checking import Check

MESSAGE = "Pool class QueuePool cannot be used with asyncio engine"
BROKEN = (PLATFORM / "broken" / "database.py").read_text(encoding="utf-8")


def line_of(text: str) -> int:
    """Return the number of the only line of the broken module with this text."""
    (number,) = [number for number, line in enumerate(BROKEN.splitlines(), 1) if text in line]
    return number


def test_both_services_follow_every_rule() -> None:
    check = Check()
    assert check.findings == []
    assert check.exit_code == 0
    assert check.engines >= 2


def test_so_do_the_engines_that_they_build() -> None:
    check = Check("--live", "auth_service.database:engine", "--live", "backend.database:engine")
    assert check.findings == []
    assert check.exit_code == 0
    assert check.engines >= 2


def test_the_broken_pool_is_found_in_the_source_and_when_it_is_built() -> None:
    for arguments, text in (
        (["broken"], "poolclass=QueuePool"),
        (["--live", "broken.database:engine"], "engine = create_async_engine("),
        # What source tells is not told again.
        (["broken", "--live", "broken.database:engine"], "poolclass=QueuePool"),
    ):
        check = Check(*arguments, severity="error")
        assert check.exit_code == 1
        assert check.findings == [("GS101", "broken/database.py", line_of(text))]
        assert all(message.startswith(MESSAGE) for message in check.messages)


def test_the_broken_pool_is_mended(tmp_path: Path) -> None:
    folder = variant_of_the_backend(tmp_path, BROKEN)
    fixed = Check("--fix", folder=folder, severity="error")
    assert (fixed.exit_code, fixed.findings) == (0, [])
    mended = folder / "backend" / "database.py"
    assert mended.read_text(encoding="utf-8") == BROKEN.replace("    poolclass=QueuePool,\n", "")
    assert isinstance(runpy.run_path(str(mended))["engine"].pool, AsyncAdaptedQueuePool)
