"""``greenshift heal`` as a command; in an interpreter without LibCST; and killed half-way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from shift.heal.broken_shop import Shop
from typer.testing import CliRunner

from greenshift.patch import history, recover, rollback
from greenshift.shift.heal import running
from greenshift.shift.heal.command import heal_command

SERVICE = """
    async def name_of(session, number):
        customer = session.get(Customer, number)
        return customer.name
"""
TEST = """
    async def test_name(session):
        from shop.service import name_of
        assert await name_of(session, 1) == "Ada"
"""


def run(*arguments: str) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(heal_command)
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_what_is_shown(shop: Shop) -> None:
    shop.add(SERVICE, TEST + "\n    def test_wrong():\n        assert 1 == 2\n")
    code, output, progress = run(str(shop.root))
    assert code == 1
    assert "edit: shop/service.py:10  await get()  <- coroutine not awaited: session.get() was not awaited" in progress
    assert "1 left: 1 healed by 1 edit; passed: 2" in output
    assert "shop/service.py:10  await get()\n          coroutine not awaited: " in output
    assert "left    test_shop.py::test_wrong\n" in output
    assert "not edited: the catalogue of errors has no such entry" in output
    assert "greenshift rollback" in output
    code, output, _ = run(str(shop.root), "test_shop.py::test_name", "--json")
    assert code == 0
    assert json.loads(output)["green"] is True


def test_libcst_is_lent_to_an_interpreter_without_it(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add(SERVICE, TEST)
    asked: list[tuple[str, ...]] = []

    def has_libcst(_python: Path, search_path: tuple[str, ...]) -> bool:
        asked.append(tuple(search_path))
        return bool(search_path) and all(
            (Path(search_path[0]) / name / "__init__.py").exists() for name in ("libcst", "yaml")
        )

    monkeypatch.setattr(running, "_has_libcst", has_libcst)
    assert run(str(shop.root))[0] == 0
    assert asked[0] == ()
    assert len(asked) == 2


def test_killed_half_way_the_tree_can_be_taken_back(shop: Shop, tmp_path: Path) -> None:
    shop.add(SERVICE, TEST)
    before = shop.files()
    # Who is killed leaves temporary files; these go with the test's.
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    program = f"from pathlib import Path; from greenshift.shift.heal import heal; heal(Path({str(shop.root)!r}))"
    with subprocess.Popen([sys.executable, "-c", program], env=environment, start_new_session=True) as process:
        limit = time.monotonic() + 60
        while not history(shop.root) and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    recover(shop.root)
    assert history(shop.root)
    while history(shop.root):
        rollback(shop.root)
    assert shop.files() == before


def test_ended_half_way_nothing_stays_on_trial(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # Here with all plugins that are installed.
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.delenv("PYTEST_PLUGINS")
    shop.add(SERVICE, TEST)
    before = shop.files()
    command = [sys.executable, "-m", "greenshift", "heal", str(shop.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        limit = time.monotonic() + 60
        while not history(shop.root) and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        process.terminate()
        assert process.wait(60) != 0
    assert shop.files() == before
    assert history(shop.root) == []
    tree = str(shop.root)
    running_there = [one for one in Path("/proc").glob("[0-9]*/cwd") if os.path.realpath(one) == tree]
    assert running_there == []
