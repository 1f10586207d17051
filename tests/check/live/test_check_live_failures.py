"""Imports that fail, hang, print, connect or end the process: one line each, and a fix."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from greenshift.check.errors import CheckError
from greenshift.check.live import read_live

Write = Callable[..., Path]


def failure(folder: Path, target: str = "app.db:engine", **options: float) -> CheckError:
    with pytest.raises(CheckError) as caught:
        read_live([target], folder, **options)  # type: ignore[arg-type]
    assert "\n" not in caught.value.problem
    assert "\n" not in caught.value.fix
    return caught.value


@pytest.mark.parametrize(
    ("source", "problem", "fix"),
    [
        pytest.param(
            "import no_such_library",
            "importing app.db failed: No module named 'no_such_library' (app/db.py:1)",
            "install what the application needs in the environment that runs greenshift",
            id="missing-library",
        ),
        pytest.param(
            "from sqlalchemy import create_engine\nengine = create_engine('mysql://')",
            "importing app.db failed: No module named 'MySQLdb' (app/db.py:2)",
            "(pip install 'mysqlclient')",
            id="missing-driver",
        ),
        pytest.param(
            "import os\n\nurl = os.environ['SHOP_DATABASE_URL']",
            "importing app.db failed: the environment variable SHOP_DATABASE_URL is not set (app/db.py:3)",
            "--env NAME=FILE with SHOP_DATABASE_URL=...",
            id="environment",
        ),
        pytest.param(
            "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    shop_secret: str\n"
            "    shop_size: int = 'hunter2'\n    model_config = {'validate_default': True}\nsettings = Settings()",
            "importing app.db failed: the settings refuse shop_secret (Field required); "
            "shop_size (Input should be a valid integer, unable to parse string as an integer) (app/db.py:6)",
            "set these variables",
            id="settings",
        ),
        pytest.param(
            "from sqlalchemy import create_engine\nengine = create_engine('not a url with hunter2')",
            "importing app.db failed: ArgumentError: Could not parse SQLAlchemy URL",
            "correct the arguments of that call",
            id="no-url",
        ),
        pytest.param(
            "from sqlalchemy import create_engine\nengine = create_engine('sqlite://', poolsize=5)",
            "importing app.db failed: TypeError: Invalid argument(s) 'poolsize' sent to create_engine()",
            "correct the arguments of that call",
            id="no-such-argument",
        ),
        pytest.param(
            "from sqlalchemy import create_engine\nengine = create_engine('postgresql+nodriver://')",
            "importing app.db failed: Can't load plugin: sqlalchemy.dialects:postgresql.nodriver",
            "a dialect and driver that are installed",
            id="no-such-driver",
        ),
        pytest.param(
            "from sqlalchemy import create_engine\nfrom sqlalchemy.pool import AsyncAdaptedQueuePool\n"
            "engine = create_engine('sqlite:///x', poolclass=AsyncAdaptedQueuePool)",
            "importing app.db failed: ArgumentError: Pool class AsyncAdaptedQueuePool cannot be used with "
            "non-asyncio engine (app/db.py:3)",
            "correct the arguments of that call",
            id="async-pool-on-sync-engine",
        ),
        pytest.param(
            "def f(:\n    pass",
            "importing app.db failed: invalid syntax (app/db.py:1)",
            "correct the file",
            id="syntax",
        ),
        pytest.param(
            "raise SystemExit(3)",
            "importing app.db ended the program: sys.exit(3) (app/db.py:1)",
            "__main__",
            id="sys-exit",
        ),
        pytest.param(
            "import os\nos._exit(0)", "importing app.db ended the process with exit code 0", "__main__", id="exit"
        ),
        pytest.param(
            "import os\nos.abort()", "importing app.db ended the process by signal 6", "__main__", id="signal"
        ),
        pytest.param(
            "raise RuntimeError('postgresql://shop:hunter2@db/shop is down\\nmore')",
            "importing app.db failed: RuntimeError: postgresql://shop:***@db/shop is down (app/db.py:1)",
            "run the import by itself",
            id="any",
        ),
        pytest.param(
            "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd",
            "importing app.db failed: Odd: no message (app/db.py:4)",
            "run the import by itself",
            id="no-message",
        ),
        pytest.param(
            "print('\\x1b[31mred')\nraise RuntimeError('\\x1b[31mred')",
            "importing app.db failed: RuntimeError:  [31mred (app/db.py:2); it printed last:  [31mred",
            "run the import by itself",
            id="control-characters",
        ),
        pytest.param(
            "import sys\nprint('Loading shop')\nprint('cannot find config.yml', file=sys.stderr)\nsys.exit('stopped')",
            "importing app.db ended the program: sys.exit('stopped') (app/db.py:4); "
            "it printed last: cannot find config.yml",
            "__main__",
            id="printed",
        ),
    ],
)
def test_an_import_that_fails(application: Write, source: str, problem: str, fix: str) -> None:
    error = failure(application(app__db=source))
    assert error.problem.startswith(problem)
    assert fix in error.fix
    assert "hunter2" not in str(error)


def test_the_place_is_the_applications_innermost_line(application: Write) -> None:
    folder = application(
        app__db="from app.settings import load\n\nsettings = load()",
        app__settings="import json\n\ndef load():\n    return json.loads('{')",
    )
    assert "(app/settings.py:4)" in failure(folder).problem


@pytest.mark.parametrize(
    ("target", "problem", "fix"),
    [
        ("app.dbs:engine", "there is no module 'app.dbs' below {root}", "as the application imports it"),
        ("shop.db:engine", "there is no module 'shop' below {root}", "as the application imports it"),
        ("app.db:engin", "the module app.db has no 'engin'", "did you mean app.db:engine?"),
        ("app.db:xyz", "the module app.db has no 'xyz'", "it has: engine"),
        ("app.db:url", "app.db:url is no engine but a str", "name an engine, a session factory"),
        ("app.db:needs", "app.db:needs needs arguments: size", "a function that needs none"),
        ("app.db:wrong", "app.db:wrong() returned no engine but a int", "a function that returns an engine"),
        ("app.db:later", "app.db:later returns no engine but a coroutine", "the engine or the session factory"),
        (
            "app.db:dependency",
            "app.db:dependency returns no engine but a generator",
            "the engine or the session factory",
        ),
        ("app.empty", "the module app.empty has no engine and no session factory", "app.empty:FUNCTION"),
        ("app db", "'app db' is no module and no name in one", "such as app.db:engine"),
        ("app.db:", "'app.db:' is no module and no name in one", "such as app.db:engine"),
    ],
)
def test_a_target_that_names_no_engine(application: Write, target: str, problem: str, fix: str) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        url = "sqlite://"
        engine = create_engine(url)
        def needs(size, *more, other=1): ...
        def wrong(): return 1
        async def later(): ...
        def dependency(): yield
        """,
        app__empty="",
    )
    error = failure(folder, target)
    assert error.problem == problem.format(root=folder)
    assert fix in error.fix


def test_a_function_that_fails_when_called(application: Write) -> None:
    error = failure(application(app__db="def make():\n    return 1 / 0"), "app.db:make")
    assert error.problem == "calling app.db:make() failed: ZeroDivisionError: division by zero (app/db.py:2)"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert failure(tmp_path / "none").problem == f"there is no folder {tmp_path / 'none'}"


@pytest.mark.parametrize(
    "waiting", ["time.sleep(60)", "threading.Event().wait()", "subprocess.run(['sleep', '60'])", "max(iter(int, 1))"]
)
def test_an_import_that_hangs_is_given_up(application: Write, waiting: str) -> None:
    folder = application(app__db=f"import subprocess, threading, time\nprint('waiting')\n{waiting}")
    begun = time.monotonic()
    error = failure(folder, deadline=1)
    assert time.monotonic() - begun < 8
    assert error.problem.startswith("importing app.db had not ended after 1 s")
    assert "move what waits out of the import" in error.fix


def test_the_hanging_line_is_told(application: Write) -> None:
    folder = application(app__db="import time\n\ntime.sleep(60)")
    assert failure(folder, deadline=1).problem == "importing app.db had not ended after 1 s (app/db.py:3)"


@pytest.fixture
def silent_server() -> socket.socket:
    """A server that lets everybody wait, and remembers whether somebody came."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        yield server


CONNECTING = """\
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

engine = create_engine("postgresql+psycopg://shop:hunter2@127.0.0.1:{port}/shop")
{connect}
"""


def came(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True


def test_a_connection_at_import_is_refused_and_told(application: Write, silent_server: socket.socket) -> None:
    connect = "with engine.begin() as connection:\n    connection.execute(text('select 1'))"
    folder = application(app__db=CONNECTING.format(port=silent_server.getsockname()[1], connect=connect))
    error = failure(folder)
    assert error.problem == "importing app.db connects to a database (app/db.py:5)"
    assert "lifespan" in error.fix
    assert not came(silent_server)


def test_an_application_that_bears_a_failed_connection_is_read(
    application: Write, silent_server: socket.socket
) -> None:
    connect = "try:\n    engine.connect()\nexcept OperationalError:\n    print('no database yet')"
    folder = application(app__db=CONNECTING.format(port=silent_server.getsockname()[1], connect=connect))
    program = read_live(["app.db:engine"], folder)
    assert [engine.name for engine in program.engines] == ["engine"]
    assert program.notes == ("the import connects to a database (app/db.py:6); it was refused",)
    assert not came(silent_server)


def test_an_application_that_tries_for_ever_ends(application: Write, silent_server: socket.socket) -> None:
    connect = "while True:\n    try:\n        engine.connect()\n    except Exception:\n        continue\n    break"
    folder = application(app__db=CONNECTING.format(port=silent_server.getsockname()[1], connect=connect))
    error = failure(folder)
    assert error.problem == "importing app.db connects to a database again and again (app/db.py:7)"
    assert not came(silent_server)


def test_looking_at_an_engine_connects_nowhere(application: Write, silent_server: socket.socket) -> None:
    folder = application(app__db=CONNECTING.format(port=silent_server.getsockname()[1], connect=""))
    assert read_live(["app.db:engine"], folder).engines[0].arguments == {}
    assert not came(silent_server)
