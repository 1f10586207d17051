"""examples/explained: each route's mistake is explained on the error page, and from production's log."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXPLAINED = Path(__file__).parents[2] / "examples" / "explained"
ROW = re.compile(r"^\| `(?P<route>.+?)` \| .+? \| (?P<error>.+?) \| (?P<kind>.+?) \|$", re.MULTILINE)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # This run's own settings must not reach into the example's.
    foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_URL")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    # A server that somebody keeps on this machine is not the example's either.
    environment["GREENSHIFT_STATE_DIRECTORY"] = os.environ["GREENSHIFT_STATE_DIRECTORY"]
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=EXPLAINED,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def promised() -> list[tuple[str, str, str]]:
    """The routes, errors and kinds of README's table."""
    rows = [row.groups() for row in ROW.finditer((EXPLAINED / "README.md").read_text())]
    assert len(rows) == 5
    return rows  # type: ignore[return-value]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_each_route_answers_with_what_the_readme_promises(driver: str) -> None:
    demo = run("demo.py", "--driver", driver)
    assert demo.returncode == 0, demo.stderr
    pages = re.split(r"^Internal Server Error: ", demo.stdout, flags=re.MULTILINE)[1:]
    assert len(pages) == 5, demo.stdout
    for page, (route, error, kind) in zip(pages, promised(), strict=True):
        first, _, rest = page.partition("\n\n")
        assert first.endswith(f"in {route}")
        if error.startswith("`"):
            # Which of several it is depends on which task comes first.
            assert any(one.strip("`") in first for one in error.split(" or "))
        assert rest.startswith(f"{kind}: ")
        assert f"{EXPLAINED}/library/main.py" in rest
        assert "demo.py" not in rest
        assert "  fix: " in rest


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_the_log_is_explained_without_the_application(driver: str, tmp_path: Path) -> None:
    demo = run("demo.py", "--plain", "--driver", driver)
    assert demo.returncode == 0, demo.stderr
    log = tmp_path / "log"
    log.write_text(demo.stdout + demo.stderr)
    explained = run("-m", "greenshift", "explain", "--json", str(log))
    assert explained.returncode == 0, explained.stderr
    found = [one["kind"] for one in json.loads(explained.stdout)]
    # The sync engine raised nothing, so no log knows of it.
    assert found == [kind for _, _, kind in promised() if kind != "sync engine in a running loop"]


def test_the_page_for_a_browser() -> None:
    demo = run("demo.py", "--html")
    assert demo.returncode == 0, demo.stderr
    assert demo.stdout.startswith("<!doctype html>")
    assert "selectinload(Book.author)" in demo.stdout
