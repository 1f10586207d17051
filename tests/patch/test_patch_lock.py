"""Two runs on one tree do not collide."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.patch import Change, ChangeSet, PatchError, history, locked, recover, rollback

HOLDER = """
import sys, time
from pathlib import Path
from greenshift.patch import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""
RACER = """
import sys
from pathlib import Path
from greenshift.patch import Change, ChangeSet, PatchError
root, name = Path(sys.argv[1]), sys.argv[2]
done = 0
while done < 5:
    try:
        ChangeSet(root, [Change(f"{name}{done}.txt", None, b"1")]).apply()
        done += 1
    except PatchError as error:
        assert "is at work in" in error.problem, error
"""


def test_the_second_run_is_told_who_is_at_work_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        change = ChangeSet(tmp_path, [Change("a.py", None, b"a")])
        for call in (change.apply, lambda: rollback(tmp_path), lambda: recover(tmp_path)):
            with pytest.raises(PatchError, match=f"another greenshift \\(process {process.pid}\\) is at work in"):
                call()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        change.apply()
    assert (tmp_path / "a.py").exists()


def test_a_child_of_a_killed_run_may_hold_it_a_moment_longer(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    ChangeSet(tmp_path, [Change("a.py", b"a", b"b")]).apply()
    program = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'r+'); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.readline(); time.sleep(0.1)"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / ".greenshift" / "lock")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "held\n"
        child.stdin.write("\n")
        child.stdin.flush()
        ChangeSet(tmp_path, [Change("a.py", b"b", b"c")]).apply()
    assert (tmp_path / "a.py").read_bytes() == b"c"


def test_one_run_may_hold_it_over_several_changes(tmp_path: Path) -> None:
    with locked(tmp_path):
        ChangeSet(tmp_path, [Change("a.py", None, b"a")]).apply()
        rollback(tmp_path)
    assert history(tmp_path) == []


def test_racing_runs_lose_no_entry(tmp_path: Path) -> None:
    racers = [subprocess.Popen([sys.executable, "-c", RACER, str(tmp_path), name]) for name in "abc"]
    assert [one.wait(timeout=60) for one in racers] == [0, 0, 0]
    assert len(history(tmp_path)) == 15
    for _ in range(15):
        rollback(tmp_path)
    assert not list(tmp_path.glob("*.txt"))
