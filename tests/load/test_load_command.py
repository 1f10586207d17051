"""``greenshift load`` on real servers, with short steps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from load.serving.loadshop import ASYNC, SYNC, shop

from greenshift.cli import main
from greenshift.load.scenario import read_scenario

SHORT = ("--users", "2", "--seconds", "1", "--warm-up", "0.3", "--app", "shop:app", "--prepare", "rows.sql")


def load(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "greenshift", "load", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shops")
    shop(folder / "sync")
    shop(folder / "async", ASYNC)
    return folder


@pytest.mark.long
def test_two_versions_are_compared_and_the_slower_one_is_found_out(shops):
    versions = ("--before", "sync", "--after", "async", "--scenario", "sync/scenario.toml")
    slower = ("--after-env", "SHOP_DELAY=0.1", "--database-delay", "2ms")
    targets = ("--target", "throughput>1@2", "--target", "without-blocking")
    done = load(shops, *versions, *SHORT, *slower, *targets, "--rounds", "2", "--json", "--html", "r.html")
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    order = [(one["round"], one["version"]) for one in data["measurements"]]
    assert order == [(1, "before"), (1, "after"), (2, "after"), (2, "before")]
    assert [version["is_async"] for version in data["versions"]] == [False, True]
    for one in data["measurements"]:
        assert one["throughput"] > 1
        assert one["driven"]["errors"] == 0
        assert one["inside"]["statements"] == pytest.approx(2)
        # Two statements, each a round trip further away.
        assert one["inside"]["database_seconds"] > 0.004
        assert one["mean"] > 0.004
        assert one["inside"]["routes"][0]["name"] == "GET /items"
    assert data["database_delay_seconds"] == 0.002
    differences = {one["metric"]: one for one in data["differences"]}
    assert set(differences) == {"throughput", "mean", "p95", "p99"}
    assert differences["throughput"]["direction"] == "worse"
    assert differences["throughput"]["ratio"] < 0.7
    assert data["reasons"]["2 users"]
    assert [one["met"] for one in data["targets"] if one["target"] == "throughput>1@2"] == [True, True]
    html = (shops / "r.html").read_text()
    assert "sync against async" in html
    assert "round 2, after, 2 users:" in done.stderr


def test_one_version_alone_with_a_scenario_from_its_openapi_document(shops):
    options = ("--rounds", "1", "--target", "p95<1ms", "--save-scenario", "sent.toml")
    done = load(shops / "async", *SHORT, *options)
    assert done.returncode == 1, done.stderr
    assert [one.name for one in read_scenario(shops / "async/sent.toml").requests] == ["GET /items"]
    assert "p95 below 1.00 ms, 2 users, application: not met" in done.stdout
    assert "after is" not in done.stdout


def test_a_running_application_is_driven(shops, serve):
    served = serve(ASYNC)
    done = load(
        shops, "--url", served.url, "--users", "2", "--requests", "40", "--warm-up", "0.2", "--rounds", "1", "--json"
    )
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["measurements"][0]["inside"] is None
    assert data["measurements"][0]["driven"]["requests"] >= 40
    assert data["versions"][0]["name"] == f"127.0.0.1:{served.port}"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--url", "http://example.com"), "example.com is not on this machine"),
        (("--url", "http://127.0.0.1:1", "--before", "sync"), "--url is in place of"),
        (("--before", "nowhere", "--app", "shop:app"), "nowhere"),
        (("--before", "sync"), "which application of sync to serve is not said"),
        (("--users", "many"), "--users many is no list of numbers"),
        (("--users", "0"), "a number that is not above 0"),
        (("--rate", "-5"), "a number that is not above 0"),
        (("--users", "5", "--target", "mean<1ms@50"), "is about a step that is not measured"),
        (("--target", "fast"), "'fast' names an unknown figure"),
        (("--seconds", "1", "--requests", "5"), "are both given"),
        (("--env", "MODE"), "'MODE' is no variable with a value"),
        (("--database-delay", "5"), "no unit"),
        (("--html", "no/folder/x.html"), "no/folder"),
        (("--save-scenario", "sync/scenario.toml"), "sync/scenario.toml exists"),
        (("--save-scenario", "no/folder/x.toml"), "there is no folder no/folder"),
        (("--before", "sync", "--app", "shop:app", "--python", "no-python"), "no Python that runs"),
    ],
)
def test_wrong_use_is_two_lines(shops, arguments, problem, monkeypatch, capsys):
    monkeypatch.chdir(shops)
    monkeypatch.setattr(sys, "argv", ["greenshift", "load", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.endswith(" ...")]
    assert len(lines) == 2
    assert lines[0].startswith("error: ")
    assert problem in lines[0]
    assert lines[1].startswith("fix: ")


def test_what_fails_under_load_says_its_last_line(tmp_path):
    shop(tmp_path / "failing", ASYNC.replace("FROM items", "FROM nowhere"))
    done = load(tmp_path / "failing", *SHORT, "--scenario", "scenario.toml", "--rounds", "1", "--target", "errors<1%")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "application: 100 % of the requests failed, most often GET /items: status 500" in said
    assert "Its last line: " in said


def test_a_version_that_does_not_start_shows_its_last_lines(tmp_path):
    shop(tmp_path / "broken", "raise RuntimeError('no settings')\n")
    done = load(tmp_path, "--before", "broken", *SHORT)
    assert done.returncode == 2
    assert "error: the application does not start: RuntimeError: no settings" in done.stderr
    assert "  | RuntimeError: no settings" in done.stderr
    assert "postgres:" not in done.stderr


def test_what_a_step_left_in_the_application_does_not_burden_the_next(tmp_path):
    shop(tmp_path / "slow", SYNC.replace("SELECT 1", "SELECT pg_sleep(0.5)"))
    steps = ("--users", "40,1", "--seconds", "2", "--warm-up", "0", "--timeout", "1.5", "--rounds", "1")
    done = load(
        tmp_path / "slow", *steps, "--app", "shop:app", "--prepare", "rows.sql", "--scenario", "scenario.toml", "--json"
    )
    assert done.returncode in {0, 1}, done.stderr
    first, second = json.loads(done.stdout)["measurements"]
    assert first["driven"]["timeouts"] > 20
    assert second["driven"]["requests"] > 0
    assert second["driven"]["timeouts"] == second["driven"]["errors"] == 0
    assert second["inside"]["statements"] == pytest.approx(2)
