"""A change that is killed at any of its steps leaves a tree that the next command makes old or new."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from patch.trees import killed_at, snapshot

from greenshift.patch import Change, ChangeSet, combine, history, recover, rollback


@pytest.fixture(autouse=True)
def _no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it wrote; only a power cut would, and thousands of waits take a minute."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


OLD = {"app/models.py": b"one = 1\n", "app/gone.py": b"gone\n", "run.sh": b"#!/bin/sh\n", "same.txt": b"same\n"}


def make_tree(root: Path) -> Path:
    for name, content in OLD.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "run.sh").chmod(0o755)
    (root / "link.py").symlink_to("app/models.py")
    return root


def changes(root: Path) -> ChangeSet:
    return ChangeSet(
        root,
        [
            Change("app/models.py", b"one = 1\n", b"two = 2\n"),
            Change("app/gone.py", b"gone\n", None),
            Change("app/new/deep/made.py", None, b"made\n"),
            Change("run.sh", b"#!/bin/sh\n", b"#!/bin/bash\n"),
        ],
    )


def states(tmp_path: Path) -> tuple[dict[str, object], dict[str, object]]:
    tree = make_tree(tmp_path / "sample")
    old = snapshot(tree)
    changes(tree).apply()
    new = snapshot(tree)
    assert old != new
    return old, new


def each_step(tmp_path: Path, prepare: Callable[[Path], object], action: Callable[[Path], object]) -> list[Path]:
    """A tree for each step of an action, in which it was killed there; the last is the one that was not."""
    trees = []
    for step in range(2000):
        tree = make_tree(tmp_path / f"tree{step}")
        prepare(tree)
        trees.append(tree)
        if not killed_at(step, lambda: action(tree)):  # noqa: B023
            return trees
    raise AssertionError("it never came to its end")


def nothing(_root: Path) -> None:
    pass


def test_killed_at_any_step_of_apply_the_tree_is_old_or_new(tmp_path: Path) -> None:
    old, new = states(tmp_path)
    seen = []
    trees = each_step(tmp_path, nothing, lambda root: changes(root).apply())
    for tree in trees:
        recover(tree)
        found = snapshot(tree)
        assert found in (old, new)
        seen.append(found == new)
        assert recover(tree) == []
        assert not list(tree.rglob(".greenshift-*"))
        assert len(history(tree)) == seen[-1]
    # It is old for a while and then new, never the other way round; and many steps were tried on either side.
    assert seen == sorted(seen)
    assert seen.count(False) > 20
    assert seen.count(True) > 20


def test_killed_at_any_step_of_apply_a_rollback_gives_the_old_tree(tmp_path: Path) -> None:
    old, _ = states(tmp_path)
    for tree in each_step(tmp_path, nothing, lambda root: changes(root).apply()):
        recover(tree)
        if history(tree):
            rollback(tree)
        assert snapshot(tree) == old


def test_killed_at_any_step_of_rollback_the_tree_is_new_or_old(tmp_path: Path) -> None:
    old, new = states(tmp_path)
    seen = []
    for tree in each_step(tmp_path, lambda root: changes(root).apply(), rollback):
        recover(tree)
        found = snapshot(tree)
        assert found in (old, new)
        seen.append(found == old)
        assert len(history(tree)) == (found == new)
    assert seen == sorted(seen)
    assert len(set(seen)) == 2


def test_a_rollback_that_was_killed_is_finished_by_the_next_and_takes_nothing_else_back(tmp_path: Path) -> None:
    def before(root: Path) -> None:
        ChangeSet(root, [Change("first.txt", None, b"1")]).apply()
        changes(root).apply()

    finished = 0
    for tree in each_step(tmp_path, before, rollback)[:-1]:
        half_way = any((tree / ".greenshift" / "shift").glob("*/state")) and "undoing" in [
            one.read_text() for one in (tree / ".greenshift" / "shift").glob("*/state")
        ]
        if half_way:
            finished += 1
            assert rollback(tree).files == tuple(one.path for one in changes(tree).changes)
            assert (tree / "first.txt").read_bytes() == b"1"
    assert finished > 10


def test_recovery_itself_may_be_killed_at_any_step(tmp_path: Path) -> None:
    old, new = states(tmp_path)
    randomly = random.Random(20261121)
    killed = 0
    for number in range(150):
        tree = make_tree(tmp_path / f"twice{number}")
        killed_at(randomly.randrange(150), lambda: changes(tree).apply())  # noqa: B023
        for _ in range(3):
            killed += killed_at(randomly.randrange(40), lambda: recover(tree))  # noqa: B023
        recover(tree)
        assert snapshot(tree) in (old, new)
    assert killed > 50


def test_killed_at_any_step_of_combining_the_tree_stays_and_can_be_taken_back(tmp_path: Path) -> None:
    old, _ = states(tmp_path)

    def before(root: Path) -> None:
        changes(root).apply()
        ChangeSet(root, [Change("app/models.py", b"two = 2\n", b"three = 3\n")]).apply()

    reference = make_tree(tmp_path / "reference")
    before(reference)
    newest = snapshot(reference)
    lengths = []
    for tree in each_step(
        tmp_path, before, lambda root: combine(root, [x.id for x in reversed(history(root))], label="x")
    ):
        recover(tree)
        assert snapshot(tree) == newest
        lengths.append(len(history(tree)))
        for _ in history(tree):
            rollback(tree)
        assert snapshot(tree) == old
    assert lengths == sorted(lengths, reverse=True)
    assert set(lengths) == {1, 2}


PROGRAM = """
import sys
from pathlib import Path
from greenshift.patch import Change, ChangeSet
root = Path(sys.argv[1])
print("ready", flush=True)
ChangeSet(root, [Change(f"{n:02}.txt", b"o" * 300_000, b"n" * 300_000) for n in range(40)]).apply()
"""


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_a_random_moment(tmp_path: Path, seed: int) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.txt").write_bytes(b"o" * 300_000)
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.Random(seed).random() * 0.25)
        os.kill(process.pid, signal.SIGKILL)
    recover(tmp_path)
    found = {path.read_bytes() for path in tmp_path.glob("*.txt")}
    assert found in ({b"o" * 300_000}, {b"n" * 300_000})
    assert not list(tmp_path.glob(".greenshift-*"))


def test_what_somebody_wrote_after_the_kill_is_kept_aside(tmp_path: Path) -> None:
    kept = 0
    for tree in each_step(tmp_path, nothing, lambda root: changes(root).apply())[:-1]:
        (tree / "run.sh").write_bytes(b"mine\n")
        for one in recover(tree):
            if one.done == "finished":
                assert dict(one.kept)["run.sh"].read_bytes() == b"mine\n"
                assert (tree / "run.sh").read_bytes() == b"#!/bin/bash\n"
                assert "run.sh had been changed since" in str(one)
                kept += 1
            else:
                assert (tree / "run.sh").read_bytes() == b"mine\n"
        shutil.rmtree(tree)
    assert kept > 10
