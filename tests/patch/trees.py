"""A folder's whole content, and a process that is killed at a given step of a change."""

from __future__ import annotations

import os
import signal
import stat
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

# What a change does to the disk; Python announces each before it happens.
STEPS = ("open", "os.")
FAILED = 99


def snapshot(root: Path) -> dict[str, object]:
    """Every folder, file and link of a tree, with rights and bytes, but for our own folder."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] in (".greenshift", ".git"):
            continue
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        elif path.is_dir():
            found[name] = "folder"
        else:
            found[name] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return found


def killed_at(step: int, action: Callable[[], object]) -> bool:
    """Run something in another process, which is killed before its n-th step.

    Returns:
        Whether it was killed; else it came to its end.
    """
    child = os.fork()
    if child == 0:
        try:
            count = 0

            def hook(event: str, _arguments: object) -> None:
                nonlocal count
                if event.startswith(STEPS) and event != "os.kill":
                    count += 1
                    if count > step:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(hook)
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(FAILED)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the change failed in the other process; its traceback is above"
    return False
