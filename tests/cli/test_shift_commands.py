"""``greenshift scan``, ``shift`` and ``rollback``, run as users run them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("greenshift")

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite:///app.db")
SessionLocal = sessionmaker(bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
SERVICE = """\
from sqlalchemy.orm import Session

from app.database import User


def first(db: Session):
    # The oldest one.
    return db.query(User).order_by(User.id).first()
"""
REQUIREMENTS = "sqlalchemy>=2.0\npytest\n"


@pytest.fixture
def application(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    (root / "app" / "__init__.py").write_text("")
    (root / "app" / "database.py").write_text(DATABASE)
    (root / "app" / "service.py").write_text(SERVICE)
    (root / "requirements.txt").write_text(REQUIREMENTS)
    return root


def greenshift(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False, timeout=120
    )


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".greenshift" not in path.parts and ".git" not in path.parts
    }


def test_a_diff_by_default_and_nothing_written(application: Path) -> None:
    before = tree(application)
    page = application.parent / "shift.html"
    done = greenshift("shift", application, "--html", page)
    assert done.returncode == 0, done.stderr
    assert '<span class="line added">+async def first(db: AsyncSession):\n' in page.read_text()
    assert "+async def first(db: AsyncSession):" in done.stdout
    assert "     # The oldest one." in done.stdout
    assert "+    return (await db.scalars(select(User).order_by(User.id).limit(1))).first()" in done.stdout
    assert "+sqlalchemy[asyncio]>=2.0" in done.stdout
    assert "nothing is written yet" in done.stderr
    assert tree(application) == before


def test_the_diff_is_a_patch(application: Path) -> None:
    difference = greenshift("shift", application).stdout
    subprocess.run(["git", "init", "-q"], cwd=application, check=True)
    subprocess.run(["git", "apply"], input=difference, text=True, cwd=application, check=True)
    assert "async def first" in (application / "app" / "service.py").read_text()


def test_write_rollback_and_a_second_run(application: Path) -> None:
    before = tree(application)
    written = greenshift("shift", application, "--write")
    assert written.returncode == 0, written.stderr
    after = tree(application)
    assert b"async def get_db" in after["app/database.py"]
    again = greenshift("shift", application, "--write")
    assert "nothing to change" in again.stderr
    assert tree(application) == after
    back = greenshift("rollback", application)
    assert back.returncode == 0, back.stderr
    assert tree(application) == before


def test_stages_one_by_one_end_where_all_at_once_ends(application: Path) -> None:
    expected = greenshift("shift", application).stdout
    for stage in ("modernize", "prepare", "flip"):
        assert greenshift("shift", application, "--stage", stage, "--write").returncode == 0
        text = (application / "app" / "service.py").read_text()
        assert ("await" in text) == (stage == "flip")
        assert ".query(" not in text
    added = [line[1:] for line in expected.splitlines() if line.startswith("+") and not line.startswith("+++")]
    after = "\n".join(content.decode() for content in tree(application).values())
    assert [line for line in added if line not in after] == []


def test_json(application: Path) -> None:
    done = greenshift("shift", application, "--json")
    found = json.loads(done.stdout)
    assert found["written"] is False
    assert found["native"] == 2
    assert found["bridged"] == 0
    assert "app/service.py" in found["files"]


def test_a_dirty_tree_is_refused_unless_told(application: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=application, check=True)
    refused = greenshift("shift", application, "--write")
    assert refused.returncode == 2
    assert "not committed" in refused.stderr
    assert "--allow-dirty" in refused.stderr
    assert "async" not in (application / "app" / "service.py").read_text()
    assert greenshift("shift", application, "--write", "--allow-dirty").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing"], "is no folder"),
        (["."], "no Python file"),
        (["app", "--stage", "turn"], "--stage turn"),
        (["app", "--bridge", "some"], "--bridge some"),
        (["app", "--driver", "mysql"], "--driver mysql"),
        (["app", "--heal"], "add --write"),
    ],
)
def test_wrong_use_is_two_lines(arguments: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    done = greenshift("shift", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_sqlalchemy(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    done = greenshift("shift", tmp_path)
    assert done.returncode == 2
    assert "imports SQLAlchemy" in done.stderr


def test_files_that_do_not_parse_are_named_and_left(application: Path) -> None:
    (application / "app" / "old.py").write_text("print 'python 2'\n")
    (application / "app" / "bytes.py").write_bytes(b"x = '\xff'\n")
    (application / "app" / "circle.py").write_text("from app.circle2 import x\n")
    (application / "app" / "circle2.py").write_text("from app.circle import x\n")
    done = greenshift("shift", application, "--write")
    assert done.returncode == 0, done.stderr
    assert "app/old.py: does not parse (line 1)" in done.stderr
    assert "app/bytes.py: is no text" in done.stderr
    assert (application / "app" / "old.py").read_text() == "print 'python 2'\n"
    assert "async def first" in (application / "app" / "service.py").read_text()


def test_line_ends_and_encodings_stay(application: Path) -> None:
    service = application / "app" / "service.py"
    service.write_bytes(b"# coding: latin-1\r\n# \xe9\r\n" + SERVICE.replace("\n", "\r\n").encode("latin-1"))
    assert greenshift("shift", application, "--write").returncode == 0
    content = service.read_bytes()
    assert b"# \xe9\r\n" in content
    assert b"async def first" in content
    assert content.count(b"\n") == content.count(b"\r\n")


def test_scan_lists_by_phase_and_fails_where_told(application: Path) -> None:
    done = greenshift("scan", application)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "app/database.py:15  engine: create_engine" in done.stdout
    assert "app/database.py:19  session dependency: get_db  -> becomes an async generator" in done.stdout
    assert "app/service.py:8  query:" in done.stdout
    assert "requirements.txt:1  requirement: sqlalchemy" in done.stdout
    assert greenshift("scan", application / "app" / "service.py", "--fail-on-sync").returncode == 1
    assert greenshift("scan", application / "app" / "__init__.py", "--fail-on-sync").returncode == 0
    assert greenshift("shift", application, "--write").returncode == 0
    clean = greenshift("scan", application, "--fail-on-sync")
    assert clean.returncode == 0, clean.stdout
    assert "0 sync session boundaries" in clean.stdout


def test_scan_for_machines_and_as_a_page(application: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = greenshift("scan", application, "--json", "--html", page)
    found = json.loads(done.stdout)
    assert found["sync_boundaries"] > 3
    assert {item["kind"] for item in found["phases"]["infrastructure"]} >= {"engine", "session factory", "URL"}
    assert ">app/service.py:8</td>" in page.read_text()


def test_scan_shows_no_password(application: Path) -> None:
    (application / ".env.example").write_text("DATABASE_URL=postgresql://me:s3cret@db/app\n")
    done = greenshift("scan", application, "--json")
    assert "s3cret" not in done.stdout
    assert ".env.example" in done.stdout
