"""A PgBouncer before the tests' PostgreSQL, in transaction mode unless it is told otherwise."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")
_PORT = 6432


@contextmanager
def pgbouncer(server_url: str, **own: str) -> Iterator[Path]:
    """Run one, and give the folder of its socket.

    Args:
        server_url: SQLAlchemy's URL of any database of the server, which listens on a socket.
        own: settings of pgbouncer.ini in place of those here, or beside them; ``users.txt`` has the server's user.
    """
    assert PROGRAM is not None
    url = make_url(server_url)
    sockets = Path(str(url.query["host"]))
    owner = sockets.stat()
    # Beside the server, whose account can get there.
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir=sockets.parent))
    settings = folder / "pgbouncer.ini"
    values = {
        "pool_mode": "transaction",
        "listen_addr": "",
        "listen_port": str(_PORT),
        "unix_socket_dir": str(folder),
        "auth_type": "any",
        # Two connections to the server: one that a client held before, and another.
        "default_pool_size": "2",
        **own,
    }
    settings.write_text(
        f"[databases]\n* = host={sockets} port={url.query.get('port', 5432)} user={url.username}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in values.items())
    )
    users = folder / "users.txt"
    users.write_text(f'"{url.username}" ""\n')
    # It refuses to run as root, and the server's socket may be its owner's alone.
    identity = {}
    if os.geteuid() == 0:
        os.chown(folder, owner.st_uid, owner.st_gid)
        os.chown(settings, owner.st_uid, owner.st_gid)
        os.chown(users, owner.st_uid, owner.st_gid)
        identity = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([PROGRAM, str(settings)], stdout=log, stderr=log, cwd=folder, **identity)
    try:
        deadline = time.monotonic() + 10
        while not (folder / f".s.PGSQL.{values['listen_port']}").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.02)
        yield folder
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def through(url: str, folder: Path) -> str:
    """Return a URL of the server as it is reached through the PgBouncer of a folder."""
    reached = make_url(url).update_query_dict({"host": str(folder), "port": str(_PORT)})
    return reached.render_as_string(hide_password=False)
