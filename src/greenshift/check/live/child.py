"""The child process: import an application, look at what it built, hand that back. Run by ``read_live`` alone."""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as BuiltEngine
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.check.errors import CheckError
from greenshift.check.facts import Engine, SessionFactory
from greenshift.check.live import failures
from greenshift.check.live.answer import Answer
from greenshift.check.live.connecting import ConnectGuard
from greenshift.check.live.finding_targets import ENGINES, find, name_of
from greenshift.check.live.frames import user_frame
from greenshift.check.live.looking import look_at_engine, look_at_factory, maker
from greenshift.check.live.target import Target


class Looker:
    """Imports targets one after the other and keeps what they built.

    Args:
        root: the folder that is checked.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._guard = ConnectGuard(root)
        self._engines: dict[int, Engine] = {}
        self._factories: dict[int, SessionFactory] = {}
        # Ids are only worth something while what they name lives.
        self._kept: list[Any] = []

    def look(self, target: Target) -> None:
        """Import a target and look at what it names.

        Raises:
            CheckError: there is no such target, or its import failed.
        """
        try:
            with self._guard.on():
                found = list(find(target))
        except CheckError:
            raise
        except BaseException as error:
            refused = failures.refused_pool(error, target, self._root)
            if refused is None:
                raise CheckError(*failures.describe(error, target, self._root)) from error
            self._engines[id(refused)] = refused
            return
        for name, built in found:
            self._kept.append(built)
            if isinstance(built, ENGINES):
                self._engine(built, name)
            else:
                self._factory(built, name)

    def answer(self) -> Answer:
        """Return all that was found."""
        notes = [f"the import connects to a database ({place}); it was refused" for place in self._guard.places]
        return Answer(tuple(self._engines.values()), tuple(self._factories.values()), tuple(dict.fromkeys(notes)))

    def _engine(self, built: BuiltEngine | AsyncEngine, name: Target) -> Engine:
        # Two AsyncEngines may stand for one engine: a session factory's and the module's.
        key = id(built.sync_engine if isinstance(built, AsyncEngine) else built)
        if key not in self._engines:
            self._engines[key] = look_at_engine(built, name, self._root)
        return self._engines[key]

    def _factory(self, built: Any, name: Target) -> None:
        bind = maker(built).kw.get("bind")
        engine = None
        if isinstance(bind, ENGINES):
            engine = self._engine(bind, Target(name.module, name_of(bind, name.module, f"{name.attribute}.bind")))
        self._factories[id(built)] = look_at_factory(built, name, engine, self._root)


def main(request: str, result: str) -> None:
    """Do what a request says, and write the answer.

    Args:
        request: JSON: ``root``, ``targets`` and ``deadline`` (seconds).
        result: the path of the file for the answer.
    """
    asked = json.loads(request)
    root = str(asked["root"])
    sys.path[:0] = [folder for folder in (root, os.path.join(root, "src")) if os.path.isdir(folder)]
    looker = Looker(root)
    importing = [""]
    main_thread = threading.get_ident()

    def give_up() -> None:
        place = user_frame(root, sys._current_frames().get(main_thread))
        where = f" ({place})" if place else ""
        _write(
            result,
            Answer(
                problem=f"importing {importing[0]} had not ended after {asked['deadline']:g} s{where}",
                fix="move what waits out of the import, or name a module that does not wait",
            ),
        )
        os._exit(0)

    timer = threading.Timer(asked["deadline"], give_up)
    timer.daemon = True
    timer.start()
    try:
        for text in asked["targets"]:
            importing[0] = text.partition(":")[0]
            looker.look(Target.of(text))
        answer = looker.answer()
    except CheckError as error:
        answer = replace(looker.answer(), problem=error.problem, fix=error.fix)
    timer.cancel()
    _write(result, answer)
    # What the application leaves running (threads, exit handlers) is none of the check's.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _write(path: str, answer: Answer) -> None:
    ready = Path(f"{path}.part")
    ready.write_bytes(pickle.dumps(answer))
    ready.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
