"""The import happens in a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from greenshift.check.live import read_live

Write = Callable[..., Path]
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine('sqlite://')\n"


def test_this_process_stays_as_it_is(application: Write, capfd: pytest.CaptureFixture[str]) -> None:
    folder = application(
        shop__db=ENGINE
        + "import os, sys\nprint('hello')\nprint('there', file=sys.stderr)\nos.environ['SHOP_MARK'] = '1'"
    )
    before = (list(sys.path), Path.cwd())
    read_live(["shop.db:engine"], folder)
    assert "shop" not in sys.modules
    assert "SHOP_MARK" not in os.environ
    assert (list(sys.path), Path.cwd()) == before
    assert capfd.readouterr() == ("", "")


def test_its_working_folder_and_variables(application: Write) -> None:
    folder = application(
        app__db="""\
        import os
        from pathlib import Path
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["SHOP_URL"], pool_size=int(Path("size.txt").read_text()))
        """
    )
    (folder / "size.txt").write_text("7")
    engine = read_live(["app.db:engine"], folder, {"SHOP_URL": "postgresql+psycopg://db.internal/shop"}).engines[0]
    assert engine.setting("pool_size").known == 7


def test_a_module_below_src(application: Write) -> None:
    assert read_live(["shop.db:engine"], application(src__shop__db=ENGINE)).engines[0].place.file == "src/shop/db.py"


def test_names_of_the_application_shadow_none_of_ours(application: Write) -> None:
    folder = application(app__db=ENGINE, pickle="raise SystemExit(9)", greenshift__check="raise SystemExit(9)")
    assert len(read_live(["app.db:engine"], folder).engines) == 1


def test_threads_and_exit_handlers_of_the_application_hold_nothing_up(application: Write) -> None:
    left = (
        "import atexit, threading, time\natexit.register(time.sleep, 60)\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
    )
    assert len(read_live(["app.db:engine"], application(app__db=ENGINE + left), deadline=10).engines) == 1


def test_several_targets_are_one_program(application: Write) -> None:
    folder = application(app__db=ENGINE, app__reports=ENGINE + "from app.db import engine as main_engine")
    program = read_live(["app.db:engine", "app.reports"], folder)
    assert [str(engine.place) for engine in program.engines] == ["app/db.py:2:10", "app/reports.py:2:10"]


def test_a_function_behind_a_cache(application: Write) -> None:
    folder = application(
        app__db="""\
        from functools import lru_cache, partial
        from sqlalchemy import create_engine

        @lru_cache
        def get_engine():
            return create_engine("sqlite://", echo=True)

        other = partial(create_engine, "sqlite://")
        """
    )
    assert [engine.name for engine in read_live(["app.db:get_engine", "app.db:other"], folder).engines] == [
        "get_engine",
        "other",
    ]
