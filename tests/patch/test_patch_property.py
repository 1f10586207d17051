"""Random trees and random changes: taken back, the tree is what it was, byte for byte and with its rights."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patch.trees import snapshot

from greenshift.patch import Change, ChangeSet, combine, history, restore_to, rollback

NAMES = st.sampled_from(["a", "b.py", "c.txt", "ü.py", "white space.py", "-dash", "_" * 120])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"", b"no end", b"one\r\ntwo\r\n", b"\xef\xbb\xbfx = 1\n", b"# coding: latin-1\nx = '\xe4'\n"]),
)
RIGHTS = st.sampled_from([0o600, 0o644, 0o755, 0o664, 0o200 | 0o444])


@st.composite
def trees(draw: st.DrawFn) -> dict[str, tuple[bytes, int]]:
    """Files by path, none of them below another."""
    found: dict[str, tuple[bytes, int]] = {}
    for path in draw(st.lists(PATHS, max_size=7)):
        if not any(path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/") for other in found):
            found[path] = (draw(CONTENTS), draw(RIGHTS))
    return found


def write(root: Path, tree: dict[str, tuple[bytes, int]]) -> None:
    for path, (content, rights) in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        (root / path).chmod(rights)


def draw_changes(data: st.DataObject, root: Path) -> ChangeSet:
    """Changes of what is there, and files that are not there yet."""
    there = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    there = {path: content for path, content in there.items() if not path.startswith(".greenshift/")}
    changes = []
    if there:
        for path in data.draw(st.lists(st.sampled_from(sorted(there)), unique=True)):
            changes.append(Change(path, there[path], data.draw(st.none() | CONTENTS)))
    taken = set(there)
    for path in data.draw(st.lists(PATHS, max_size=4, unique=True)):
        below_a_file = any(path.startswith(f"{other}/") for other in taken)
        above_a_file = (root / path).is_dir() or any(other.startswith(f"{path}/") for other in taken)
        if path not in taken and not below_a_file and not above_a_file:
            changes.append(Change(path, None, data.draw(CONTENTS)))
            taken.add(path)
    return ChangeSet(root, changes)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tree=trees(), rounds=st.integers(1, 3), together=st.booleans(), data=st.data())
def test_what_is_taken_back_is_what_was(
    tree: dict[str, tuple[bytes, int]], rounds: int, together: bool, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        root.mkdir()
        write(root, tree)
        states = [snapshot(root)]
        for _ in range(rounds):
            changes = draw_changes(data, root)
            if changes:
                changes.apply(label="shift")
                for change in changes.changes:
                    path = root / change.path
                    assert (path.read_bytes() if path.exists() else None) == change.new
                states.append(snapshot(root))
        names = [one.id for one in reversed(history(root))]
        assert len(names) == len(states) - 1
        if together and len(names) > 1:
            combine(root, names, label="all")
            assert snapshot(root) == states[-1]
            states = [states[0], states[-1]] if history(root) else [states[0]]
        if history(root):
            restore_to(root, Path(folder, "before"))
            assert snapshot(Path(folder, "before")) == states[-2]
        for before in reversed(states[:-1]):
            rollback(root)
            assert snapshot(root) == before
        assert history(root) == []
