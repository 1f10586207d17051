"""``greenshift check``, run as users run it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Protocol
from xml.etree.ElementTree import fromstring

import pytest

from greenshift.cli import main

COMMAND = Path(sys.executable).with_name("greenshift")

BAD = """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(
    "postgresql+asyncpg://app:s3cret@db/shop",
    poolclass=QueuePool,
    pool_pre_ping=True,
)
"""
GOOD = BAD.replace("    poolclass=QueuePool,\n", "")
ONLY = ("--select", "GS101")


class Done(NamedTuple):
    stdout: str
    stderr: str


class Command(Protocol):
    def __call__(self, folder: Path, *arguments: str, expected: int = 0) -> Done: ...


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process, which takes a tenth of the time of one of its own."""

    def run(folder: Path, *arguments: str, expected: int = 0) -> Done:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["greenshift", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        done = Done(*capsys.readouterr())
        assert (ended.value.code or 0) == expected, done.stdout + done.stderr
        assert "s3cret" not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "db.py").write_text(BAD)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    return tmp_path


def test_a_finding_is_shown_with_its_place_and_line(check: Command, shop: Path) -> None:
    done = check(shop, *ONLY, expected=1)
    assert done.stdout.splitlines()[:4] == [
        "app/db.py",
        "  6:5      error    GS101  Pool class QueuePool cannot be used with asyncio engine: "
        "create_async_engine raises ArgumentError",
        "      6 | poolclass=QueuePool,",
        "        | ^^^^^^^^^^^^^^^^^^^",
    ]
    assert done.stdout.endswith("1 error; 1 of them mended by --fix (1 file, 1 engine, 0 session factories, 1 rule)\n")


def test_nothing_wrong_is_no_failure(check: Command, shop: Path) -> None:
    (shop / "app" / "db.py").write_text(GOOD)
    assert check(shop, *ONLY).stdout.startswith("no findings")


def test_every_format(check: Command, shop: Path) -> None:
    (finding,) = json.loads(check(shop, *ONLY, "--json", expected=1).stdout)["findings"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("GS101", "app/db.py", 6)
    sarif = json.loads(check(shop, *ONLY, "--format", "sarif", expected=1).stdout)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "GS101"
    assert check(shop, *ONLY, "--format", "github", expected=1).stdout.startswith(
        "::error file=app/db.py,line=6,col=5,"
    )
    (suite,) = fromstring(check(shop, *ONLY, "--format", "junit", expected=1).stdout.encode())
    assert suite.get("failures") == "1"


def test_a_report_in_a_file(check: Command, shop: Path) -> None:
    done = check(shop, *ONLY, "--format", "json", "--output", "report.json", expected=1)
    assert done.stdout == ""
    assert done.stderr.startswith("1 error")
    assert len(json.loads((shop / "report.json").read_text())["findings"]) == 1
    done = check(shop, "--output", "missing/report.json", expected=2)
    assert done.stderr.startswith("error: missing/report.json cannot be written: No such file or directory\nfix: ")


def test_a_page_beside_the_report(check: Command, shop: Path) -> None:
    done = check(shop, *ONLY, "--html", "check.html", expected=1)
    assert done.stdout.startswith("app/db.py\n")
    page = (shop / "check.html").read_text()
    assert '<span class="line-number">6</span>    poolclass=QueuePool,' in page
    assert "s3cret" not in page
    done = check(shop, "--html", "missing/check.html", expected=2)
    assert done.stderr.startswith("error: missing/check.html cannot be written: there is no folder ")
    assert done.stdout == ""


def test_a_diff_changes_nothing(check: Command, shop: Path) -> None:
    done = check(shop, *ONLY, "--diff", expected=1)
    assert "-    poolclass=QueuePool,\n" in done.stdout
    assert '"postgresql+asyncpg://app:***@db/shop"' in done.stdout
    assert "passwords are masked" in done.stderr
    assert "would mend 1 finding in 1 file" in done.stderr
    assert (shop / "app" / "db.py").read_text() == BAD


def test_fix_writes_and_rollback_takes_it_back(check: Command, shop: Path) -> None:
    done = check(shop, *ONLY, "--fix")
    assert (shop / "app" / "db.py").read_text() == GOOD
    assert "  app/db.py\nmended 1 finding in 1 file; greenshift rollback takes it back\n" in done.stderr
    assert done.stdout.startswith("no findings")
    assert "there is nothing that --fix could mend" in check(shop, *ONLY, "--fix").stderr
    # The installed command itself, once.
    subprocess.run([COMMAND, "rollback"], cwd=shop, check=True, capture_output=True)
    assert (shop / "app" / "db.py").read_text() == BAD


def test_fix_keeps_encoding_line_ends_and_rights(check: Command, shop: Path) -> None:
    file = shop / "app" / "db.py"
    before = f"# -*- coding: latin-1 -*-\r\n# é\n{BAD}".replace("pool\n", "pool\r\n").encode("latin-1")
    file.write_bytes(before)
    file.chmod(0o640)
    check(shop, *ONLY, "--fix")
    assert file.read_bytes() == before.replace(b"    poolclass=QueuePool,\n", b"")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_is_one_line(check: Command, shop: Path) -> None:
    if os.getuid() == 0:
        (shop / ".greenshift").write_text("in the way")
    else:
        (shop / "app").chmod(0o500)
    done = check(shop, *ONLY, "--fix", expected=2)
    assert done.stderr.startswith("error: ")
    assert (shop / "app" / "db.py").read_text() == BAD


def test_a_comment_leaves_a_finding_out(check: Command, shop: Path) -> None:
    file = shop / "app" / "db.py"
    file.write_text(
        BAD.replace("QueuePool,\n    pool_", "QueuePool,  # greenshift: ignore[GS101] to be seen\n    pool_")
    )
    assert "1 left out by comments" in check(shop, *ONLY).stdout
    file.write_text(BAD.replace("s3cret@db", "# greenshift: ignore[GS101] in a string@db"))
    check(shop, *ONLY, expected=1)


def test_a_baseline_leaves_known_findings_out(check: Command, shop: Path) -> None:
    arguments = ("--baseline", "known.json")
    (shop / "pyproject.toml").write_text('[tool.greenshift.check]\nselect = ["GS101"]\nbaseline = "known.json"\n')
    assert "write one: greenshift check --write-baseline" in check(shop, expected=2).stderr
    done = check(shop, "--write-baseline")
    assert "the baseline holds 1 finding now" in done.stderr
    assert "1 left out by the baseline" in done.stdout
    file = shop / "app" / "db.py"
    file.write_text(f"# moved\n\n{BAD}")
    assert "1 left out by the baseline" in check(shop, *arguments).stdout
    file.write_text(f"{BAD}\n{BAD}")
    assert check(shop, expected=1).stdout.count("GS101") == 1
    file.write_text(GOOD)
    done = check(shop)
    assert "the baseline has 1 more of GS101 in app/db.py (engine in app/db.py) than there are" in done.stdout
    assert "0 findings now" in check(shop, "--write-baseline").stderr
    assert "the baseline has" not in check(shop).stdout
    (shop / "known.json").write_text("{")
    assert check(shop, expected=2).stderr.startswith("error: the baseline ")
    assert "leave out the path" in check(shop, "app", "--write-baseline", expected=2).stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("missing",), "missing does not exist"),
        (("--select", "GS999"), "there is no rule 'GS999' (given with --select)"),
        (("--ignore", "pools"), "there is no rule 'pools' (given with --ignore)"),
        (("--explain", "GS999"), "there is no rule 'GS999' (given with --explain)"),
        (("--write-baseline",), "--write-baseline needs a file"),
        (("--env", "staging"), "'staging' is no environment"),
        (("--env", "staging=missing.env"), "missing.env, the file of the environment 'staging', does not exist"),
        (("--live", "missing.module:engine"), ""),
        (("--url", "mysql://app:s3cret@db/shop"), ""),
    ],
)
def test_wrong_use_is_one_line(check: Command, shop: Path, arguments: tuple[str, ...], problem: str) -> None:
    done = check(shop, *arguments, expected=2)
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {problem}")
    assert second.startswith("fix: ")


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("[tool.greenshift.check]\nworker = 3\n", "unknown key 'worker'", "did you mean 'workers'?"),
        ('[tool.greenshift.check]\nselect = ["GS1000"]\n', "there is no rule 'GS1000'", "did you mean"),
        ("[tool.greenshift.check\n", "cannot be read", "correct the file"),
    ],
)
def test_an_unusable_configuration_is_one_line(check: Command, shop: Path, text: str, problem: str, fix: str) -> None:
    (shop / "pyproject.toml").write_text(text)
    first, second = check(shop, expected=2).stderr.splitlines()
    assert problem in first
    assert fix in second


def test_nothing_to_check_is_said_and_no_failure(check: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "there is no Python file in empty" in check(tmp_path, "empty").stdout
    (tmp_path / "empty" / "a.py").write_text("x = 1\n")
    assert (
        "no engine and no session of SQLAlchemy was found in the Python files (1)\n" in check(tmp_path, "empty").stdout
    )


def test_a_path_narrows_what_is_shown_and_not_what_is_read(check: Command, shop: Path) -> None:
    (shop / "app" / "settings.py").write_text("from sqlalchemy.pool import QueuePool\n\nPOOL = QueuePool\n")
    (shop / "app" / "db.py").write_text(
        "from sqlalchemy.ext.asyncio import create_async_engine\n\nfrom app.settings import POOL\n\n"
        'engine = create_async_engine("postgresql+asyncpg://db/shop", poolclass=POOL)\n'
    )
    assert "app/db.py" in check(shop, *ONLY, "app/db.py", expected=1).stdout
    assert check(shop, *ONLY, "app/settings.py").stdout.startswith("no findings")


def test_files_are_named_from_the_working_directory_above_a_project(check: Command, shop: Path) -> None:
    (shop / "db.py").write_text(BAD)
    above = shop.parent
    first = check(above, shop.name, *ONLY, expected=1).stdout.splitlines()[0]
    assert first == f"{shop.name}/app/db.py"
    check(above, shop.name, *ONLY, "--fix")
    assert (shop / "app" / "db.py").read_text() == GOOD


def test_rules_are_listed_and_explained(check: Command, shop: Path) -> None:
    assert "GS101  error    a pool class that an asyncio engine cannot use\n" in check(shop, "--list-rules").stdout
    listed = json.loads(check(shop, "--list-rules", "--json").stdout)
    assert {"id": "GS101", "severity": "error", "title": "a pool class that an asyncio engine cannot use"} in listed
    text = check(shop, "--explain", "gs101").stdout
    assert "Source: https://docs.sqlalchemy.org/en/20/errors.html#error-pcls\n" in text
    assert "Fix: leave poolclass out" in text
    assert text.index("Bad:") < text.index("    poolclass=QueuePool") < text.index("Good:")


def test_the_severity_shown(check: Command, shop: Path) -> None:
    (shop / "app" / "db.py").write_text(f"{GOOD}x = 1  # greenshift: ignore[GS101]\n")
    assert check(shop, "--select", "checker").stdout.startswith("no findings")
    done = check(shop, "--select", "checker", "--severity", "advice", expected=1)
    assert done.stdout.count("advice") == 3
    assert "2 pieces of advice" in done.stdout


def test_a_file_that_is_no_python_is_a_finding_and_the_others_are_read(check: Command, shop: Path) -> None:
    (shop / "app" / "broken.py").write_text("def f(:\n")
    text = check(shop, "--select", "GS001", "--select", "GS101", expected=1).stdout
    assert "GS001" in text
    assert "GS101" in text


def test_an_engine_that_is_imported(check: Command, shop: Path) -> None:
    (shop / "app" / "__init__.py").write_text("")
    (shop / "app" / "made.py").write_text(
        "from sqlalchemy import create_engine\n\nengine = create_engine('sqlite://', echo=True)\n"
    )
    report = json.loads(check(shop, "--live", "app.made:engine", *ONLY, "--json", expected=1).stdout)
    assert report["summary"]["engines"] == 3


@pytest.fixture
def services(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.greenshift.services.auth]\npath = "auth"\n[tool.greenshift.services.web]\npath = "web"\n'
    )
    for name, size in (("auth", 5), ("web", 20)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "db.py").write_text(
            "import os\n\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
            f'engine = create_async_engine(os.environ["DATABASE_URL"], pool_size={size}, pool_pre_ping=True)\n'
        )
    return tmp_path


def test_services_that_differ_are_shown_side_by_side(check: Command, services: Path) -> None:
    done = check(services, "--drift", "--select", "drift", expected=1)
    assert "pool_size of web is 20, but 5 in auth" in done.stdout
    (line,) = (one for one in done.stdout.splitlines() if one.startswith("pool_size"))
    assert line.split()[:3] == ["pool_size", "5", "20"]
    (table,) = (
        one
        for one in json.loads(check(services, "--drift", "--json", expected=1).stdout)["tables"]
        if "pool_size" in str(one["rows"])
    )
    assert {"auth", "web"} <= set(table["columns"])
    check(services, "--select", "drift")


def test_a_declared_difference_is_none(check: Command, services: Path) -> None:
    with (services / "pyproject.toml").open("a") as file:
        file.write('differs = { pool_size = "many users" }\n')
    done = check(services, "--drift", "--select", "drift")
    assert "many users" in done.stdout


def test_an_environment_s_file_holds_no_secret_in_a_report(check: Command, services: Path) -> None:
    (services / ".env.staging").write_text("DATABASE_URL=postgresql+asyncpg://app:s3cret@db/shop\n")
    for shape in ("text", "json", "sarif", "github", "junit"):
        arguments = ("--env", "staging=.env.staging", "--drift", "--severity", "advice", "--format", shape)
        assert "staging" in check(services, *arguments, expected=1).stdout


def test_drift_without_services_is_one_line(check: Command, shop: Path) -> None:
    assert "names no service to compare" in check(shop, "--drift", expected=2).stderr


def test_a_server_that_does_not_answer_is_one_line(check: Command, shop: Path) -> None:
    done = check(shop, "--url", "postgresql://app:s3cret@127.0.0.1:1/shop", expected=2)
    assert done.stderr.startswith("error: the server 127.0.0.1:1/shop cannot be asked")


def test_a_baseline_of_advice_and_drift_is_not_gone_in_a_run_that_asks_for_less(check: Command, services: Path) -> None:
    everything = ("--drift", "--severity", "advice", "--baseline", "known.json")
    file = services / "auth" / "db.py"
    file.write_text(GOOD.replace("pool_pre_ping=True", "pool_size=5"))
    check(services, *everything, "--write-baseline")
    known = json.loads((services / "known.json").read_text())["findings"]
    assert {"GS104", "GS701"} <= {one["rule"] for one in known}
    check(services, *everything)
    assert "the baseline has" not in check(services, "--baseline", "known.json").stdout
    file.unlink()
    assert "more of GS104 in auth/db.py" in check(services, "--baseline", "known.json").stdout
