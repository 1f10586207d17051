"""One side of the walk: a process in the application's interpreter that answers requests read from its input."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData

from greenshift import trace
from greenshift.application.guard import DatabaseGuard
from greenshift.application.importing import import_application
from greenshift.shift.verify.recording.coroutines import UnawaitedCoroutines
from greenshift.shift.verify.recording.statements import StatementRecorder
from greenshift.shift.verify.recording.writer import RecordWriter
from greenshift.shift.verify.walk.asgi import Lifespan, request


def create_tables() -> None:
    """Create the tables of the application's models where its start has made none (migrations make them elsewhere)."""
    engines = [one for one in gc.get_objects() if type(one) is Engine and not one.dialect.is_async]
    several = {id(found): found for found in _metadata()}
    for engine in engines:
        for metadata in several.values():
            metadata.create_all(engine)
        engine.dispose()


def _metadata() -> list[MetaData]:
    found = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and trace.is_user_file(file):
            for value in list(vars(module).values()):
                metadata = value if isinstance(value, MetaData) else getattr(value, "metadata", None)
                if isinstance(metadata, MetaData) and metadata.tables:
                    found.append(metadata)
    return found


async def serve(
    app: Any,
    writer: RecordWriter,
    coroutines: UnawaitedCoroutines,
    guard: DatabaseGuard,
    answers: Any,
    *,
    prepare: bool,
) -> None:
    """Start the application and answer until the input ends.

    Args:
        app: the ASGI application.
        writer: takes the SQL.
        coroutines: what notes those that nobody awaits.
        guard: knows why a connection was refused.
        answers: where to write answers, a JSON object a line.
        prepare: only start it and make its tables.
    """
    lifespan = Lifespan(app)
    error = await lifespan.start()
    error = guard.refused or error
    if prepare and error is None:
        create_tables()
        error = guard.refused
    schema = app.openapi() if hasattr(app, "openapi") else None
    _say(answers, {"ready": error is None, "error": error, "schema": schema})
    loop = asyncio.get_running_loop()
    while error is None and not prepare:
        line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
        if not line:
            break
        asked = json.loads(line)
        writer.test = asked["name"]
        writer.phase = "call"
        writer.write("begin")
        answer = await request(
            app,
            asked["method"],
            asked["path"],
            asked["query"],
            asked["headers"],
            base64.b64decode(asked["body"]),
            lifespan.state,
        )
        coroutines.collect()
        writer.write("outcome", outcome="passed", expected_failure=False, reason=None, at=None)
        writer.test = None
        body = base64.b64encode(answer.body).decode()
        _say(
            answers,
            {"status": answer.status, "headers": answer.headers, "body": body, "error": guard.refused or answer.error},
        )
    await lifespan.stop()


def _say(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, default=str) + "\n")
    answers.flush()


def main() -> None:
    """Read what to do from the arguments: the application, the recording, the database, ``prepare``."""
    target, recording, database, *more = sys.argv[1:]
    # What the application prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    writer = RecordWriter(Path(recording))
    statements, coroutines = StatementRecorder(writer), UnawaitedCoroutines(writer)
    guard = DatabaseGuard(database or None, Path.cwd(), owner="walk", subject="the application")
    trace.pool.on_connect_arguments(guard.check)
    statements.start()
    coroutines.start()
    try:
        app = import_application(target)
    except BaseException as error:
        text = str(error).strip().partition("\n")[0]
        reason = guard.refused or f"{type(error).__name__}: {text}"
        _say(answers, {"ready": False, "error": reason, "schema": None})
        return
    asyncio.run(serve(app, writer, coroutines, guard, answers, prepare="prepare" in more))
    writer.write("finish")
    writer.close()


if __name__ == "__main__":
    main()
