"""Where an output shows source, statements or addresses, passwords are masked before anything is cut or sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.explain.error_page import render
from greenshift.explain.explanation import Edit, Explanation, Place
from greenshift.masking import masked
from greenshift.patch import Change, ChangeSet
from greenshift.postgres import Address
from greenshift.postgres.servers.given import connection_arguments, hidden
from greenshift.shift.scan.inventory import scan

LINE = 'engine = create_async_engine("postgresql://app:s3cret@db/shop")'


def test_data_for_json_is_masked_with_its_keys() -> None:
    data = {"postgresql://a:s3cret@b": [{"line": LINE}, ("password='s3cret'", 1, None)]}
    assert "s3cret" not in str(masked(data))
    assert masked({"n": 1, "t": ("a", True)}) == {"n": 1, "t": ["a", True]}


def test_a_urls_query_is_hidden_as_its_password_is() -> None:
    url = "postgresql://me:s3cret@db/shop?sslpassword=s3cret&sslmode=require&password=s3cret"
    assert hidden(url) == "postgresql://me:***@db/shop?sslpassword=***&sslmode=require&password=***"
    arguments = connection_arguments(url)
    address = Address("db", 5432, "me", "s3cret", {"sslpassword": arguments["sslpassword"]})
    assert "s3cret" not in repr(address)


def test_what_stays_in_an_environment_file_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    old = b"STRIPE_KEY=s3cret\nexport TOKEN = s3cret\nDATABASE_URL=postgresql://app:s3cret@db/shop\n# note\n"
    for path in (".env", "deploy/.env.production", "web.env"):
        changes = ChangeSet(Path(), [Change(path, old, old.replace(b"postgresql:", b"postgresql+asyncpg:"))])
        changes.print_difference()
        printed = capsys.readouterr()
        assert "s3cret" not in printed.out
        assert " STRIPE_KEY=***\n" in printed.out
        assert "+DATABASE_URL=postgresql+asyncpg://app:***@db/shop\n" in printed.out
        assert " # note\n" in printed.out
        assert "for reading only: --write writes it" in printed.err


def test_a_password_on_a_line_of_its_own_is_not_shown() -> None:
    old = b'settings = {\n    "password":\n        "s3cret",\n}\nengine = 1\n'
    assert "s3cret" not in ChangeSet(Path(), [Change("a.py", old, old.replace(b"1", b"2"))]).shown_difference()
    assert "s3cret" not in ChangeSet(Path(), [Change("a.py", None, old)]).shown_difference()


def test_a_password_is_masked_before_its_line_is_cut(tmp_path: Path) -> None:
    long = f'engine = create_engine("postgresql://{"a" * 60}:s3cret{"b" * 60}@db/shop")'
    (tmp_path / "app.py").write_text(f"from sqlalchemy import create_engine\n\n{long}\n")
    (item,) = (one for one in scan(tmp_path).items if one.kind == "engine")
    assert "s3cret" not in item.text
    assert len(item.text) <= 120


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
def test_the_error_page_shows_source_without_passwords(tmp_path: Path, accept: str) -> None:
    source = tmp_path / "app.py"
    source.write_text(f"{LINE}\nsession.commit()\nDB_PASSWORD = 's3cret'\n")
    edits = (Edit(str(source), 2, 0, "session", "await session", "await it"),)
    place = Place(str(source), 2, "not awaited here", None, "session.commit()")
    one = Explanation("unawaited", "commit() at postgresql://a:s3cret@b", "password='s3cret'", (place,), "", edits)
    _, body = render([one], accept, request="GET /", reason="Error")
    assert b"session.commit()" in body
    assert b"s3cret" not in body


@pytest.mark.parametrize(("around", "applies"), [("DB_PASSWORD = 's3cret'", True), ("", False)])
def test_a_patch_of_explain_holds_no_password_and_is_applied_where_it_can_be(
    tmp_path: Path, around: str, applies: bool
) -> None:
    source = tmp_path / "app.py"
    commit = "    session.commit()" if around else "    session.commit(make('postgresql://a:s3cret@b'))"
    source.write_text(f"async def save(session):\n    {around or 'pass'}\n{commit}\n    return 1\n")
    log = f"{source}:3: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited\n{commit}\n"
    done = subprocess.run(
        [sys.executable, "-m", "greenshift", "explain", "--diff"], input=log, capture_output=True, text=True
    )
    assert "+    await session.commit(" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    patched = subprocess.run(["patch", "-p0", "-d", "/"], input=done.stdout, capture_output=True, text=True)
    assert (patched.returncode == 0) is applies
    assert ("for reading only" in done.stderr) is not applies
