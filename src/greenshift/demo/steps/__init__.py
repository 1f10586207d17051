"""The steps of the demo, in their order."""

from __future__ import annotations

from typing import Final

from greenshift.demo.step import Step
from greenshift.demo.steps.checking import check_configuration
from greenshift.demo.steps.explaining import TEST, explain_error
from greenshift.demo.steps.healing import heal_error
from greenshift.demo.steps.loading import compare_load
from greenshift.demo.steps.moving import scan_application, shift_application
from greenshift.demo.steps.proving import verify_shift
from greenshift.demo.steps.server import start_server
from greenshift.demo.steps.testing import run_async_tests, run_sync_tests

STEPS: Final = (
    Step("server", "PostgreSQL, started from nothing", "greenshift up", start_server),
    Step(
        "tests",
        "The tests of the sync application",
        "TEST_DATABASE_URL=postgresql+psycopg://... pytest",
        run_sync_tests,
        ("server",),
    ),
    Step("check", "How it configures its engine", "greenshift check", check_configuration),
    Step("scan", "Where it touches the database", "greenshift scan", scan_application),
    Step("shift", "The shift to asyncio", "greenshift shift --write", shift_application),
    Step("verify", "The proof that it does what it did", "greenshift verify", verify_shift, ("shift",)),
    Step(
        "async-tests",
        "The shifted tests, on asyncpg",
        "TEST_DATABASE_URL=postgresql+asyncpg://... pytest",
        run_async_tests,
        ("server", "shift"),
    ),
    Step("explain", "A MissingGreenlet, explained", f"pytest {TEST}", explain_error, ("server", "shift")),
    Step("heal", "The same, healed", f"greenshift heal . {TEST}", heal_error, ("explain",)),
    Step(
        "load",
        "What both bear under load",
        "greenshift load --before ../exams --after . --scenario scenario.toml --database-delay 2ms",
        compare_load,
        ("shift",),
    ),
)
