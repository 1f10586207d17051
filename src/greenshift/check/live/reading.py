"""``read_live``: engines and session factories of an application that a child process imports."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from greenshift.check.errors import CheckError
from greenshift.check.facts import Program
from greenshift.check.live.answer import Answer
from greenshift.check.live.target import Target
from greenshift.masking import mask

DEADLINE: Final = 30.0
# The child ends itself at the deadline, unless the import holds Python's lock.
_GRACE: Final = 3.0
_SHOWN: Final = 200


def read_live(
    targets: Sequence[str],
    root: Path,
    environment: Mapping[str, str] | None = None,
    name: str = "",
    deadline: float = DEADLINE,
) -> Program:
    """Return the engines and session factories that an application really builds.

    It is imported in a process of its own, so that nothing that it does on import ends or changes this one. No engine
    connects: an attempt is refused and becomes a note, or, if the import fails of it, the error.

    Args:
        targets: ``MODULE:NAME`` of an engine, a session factory or a function without arguments that returns one, or
            ``MODULE`` for all of a module.
        root: the folder from which the application is imported; its working directory.
        environment: variables that are set beyond this process's own.
        name: the service's name.
        deadline: seconds after which an import is given up.

    Raises:
        CheckError: there is no such target, or the import fails, ends the process, or does not end in time.
    """
    for text in targets:
        Target.of(text)
    if not root.is_dir():
        raise CheckError(f"there is no folder {root}", "name the folder from which the application is imported")
    answer = _ask(targets, root.resolve(), {**os.environ, **(environment or {})}, deadline)
    if answer.problem:
        raise CheckError(_printable(mask(answer.problem)), answer.fix)
    engines = {id(engine): replace(engine, service=name) for engine in answer.engines}
    return Program(
        engines=tuple(engines.values()),
        session_factories=tuple(
            replace(factory, service=name, engine=engines.get(id(factory.engine)))
            for factory in answer.session_factories
        ),
        name=name,
        notes=tuple(mask(note) for note in answer.notes),
    )


def _ask(targets: Sequence[str], root: Path, environment: Mapping[str, str], deadline: float) -> Answer:
    with tempfile.TemporaryDirectory(prefix="greenshift-") as folder:
        result, output = Path(folder, "answer"), Path(folder, "output")
        request = json.dumps({"root": str(root), "targets": list(targets), "deadline": deadline})
        with output.open("wb") as printed:
            child = subprocess.Popen(
                # -P: the application's folder joins sys.path only after our own imports, which it must not shadow.
                [sys.executable, "-P", "-m", f"{__package__}.child", request, str(result)],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                cwd=root,
                # A driver's own connect that no engine makes cannot be refused; libpq's at least ends.
                env={"PGCONNECT_TIMEOUT": "5", **environment},
                start_new_session=True,
            )
            code = _wait(child, deadline + _GRACE)
        said = _last_line(output.read_text(encoding="utf-8", errors="replace"))
        answer = pickle.loads(result.read_bytes()) if result.exists() else _died(code, targets, deadline)  # noqa: S301
    assert isinstance(answer, Answer)
    return replace(answer, problem=f"{answer.problem}; it printed last: {said}") if answer.problem and said else answer


def _wait(child: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Return the child's exit code; None if it had to be ended. Its own children end with it."""
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if hasattr(os, "killpg"):
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        child.kill()
        child.wait()


def _died(code: int | None, targets: Sequence[str], deadline: float) -> Answer:
    modules = ", ".join(dict.fromkeys(Target.of(text).module for text in targets))
    if code is None:
        return Answer(
            problem=f"importing {modules} had not ended after {deadline:g} s",
            fix="move what waits out of the import, or name a module that does not wait",
        )
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return Answer(
        problem=f"importing {modules} ended the process {how}", fix='guard what ends it with if __name__ == "__main__"'
    )


def _last_line(text: str) -> str:
    """Return the last line that the import printed, for a person; "" if it printed nothing."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_SHOWN] if lines else ""


def _printable(text: str) -> str:
    """Return a text without what would change the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
