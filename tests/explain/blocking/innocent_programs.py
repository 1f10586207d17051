"""Programs that do not block the event loop, or not by any fault of their own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import linecache
import logging
import os
import queue
import ssl
import sys
import tempfile
import threading
import time
import traceback
import warnings
import zoneinfo
from pathlib import Path
from typing import Any

import anyio
import httpx
import jinja2
import psycopg
from fastapi import FastAPI, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn
from starlette.staticfiles import StaticFiles
from surroundings import Surroundings


async def awaits_sleep(_: Surroundings) -> None:
    await asyncio.sleep(0.001)


async def yields_by_sleeping_zero(_: Surroundings) -> None:
    time.sleep(0)


async def imports_a_module(around: Surroundings) -> None:
    name = f"imported_{os.getpid()}_{time.monotonic_ns()}"
    (await anyio.Path(around.folder / f"{name}.py").write_text("import time\ntime.sleep(0.001)\nVALUE = 1\n"))
    sys.path.insert(0, str(around.folder))
    try:
        importlib.invalidate_caches()
        assert importlib.import_module(name).VALUE == 1
    finally:
        sys.path.remove(str(around.folder))


async def imports_with_a_statement(_: Surroundings) -> None:
    sys.modules.pop("colorsys", None)
    import colorsys  # noqa: F401


async def logs_to_a_file_and_to_stderr(around: Surroundings) -> None:
    log = logging.getLogger("innocent")
    log.propagate = False
    handlers = [logging.FileHandler(around.folder / "log"), logging.StreamHandler()]
    log.handlers = list(handlers)
    log.error("written")
    try:
        raise ValueError("logged")
    except ValueError:
        log.exception("with its traceback")
    for handler in handlers:
        handler.close()
    log.handlers = []


async def prints(_: Surroundings) -> None:
    print("printed")
    print("printed", file=sys.stderr)
    sys.stdout.write("written\n")


async def warns_and_formats_a_traceback(_: Surroundings) -> None:
    linecache.clearcache()
    sys.stderr.write(warnings.formatwarning("shown", UserWarning, __file__, 1))
    try:
        raise ValueError("formatted")
    except ValueError:
        traceback.format_exc()


async def sleeps_in_a_thread(_: Surroundings) -> None:
    await asyncio.to_thread(time.sleep, 0.001)


async def sleeps_in_starlettes_threads(_: Surroundings) -> None:
    await run_in_threadpool(time.sleep, 0.001)


async def sleeps_in_an_executor(around: Surroundings) -> None:
    await asyncio.get_running_loop().run_in_executor(None, around.note.read_text)


async def sleeps_in_a_thread_of_its_own(_: Surroundings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        time.sleep(0.001)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=work).start()
    await ended.wait()


async def reads_the_environment(_: Surroundings) -> None:
    os.environ.get("HOME")
    os.environ["GREENSHIFT_INNOCENT"] = "1"
    del os.environ["GREENSHIFT_INNOCENT"]


async def asks_whether_a_file_is_there(around: Surroundings) -> None:
    assert around.note.exists()
    assert os.path.getsize(around.note)
    assert Path(".").resolve()


async def resolves_a_name_in_the_loop(_: Surroundings) -> None:
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)


async def starts_a_process(_: Surroundings) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", "")
    assert await process.wait() == 0


async def opens_a_connection(around: Surroundings) -> None:
    port = int(around.http_url.rsplit(":", 1)[1].strip("/"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    assert await reader.read()
    writer.close()
    await writer.wait_closed()


async def asks_with_an_asynchronous_client(around: Surroundings) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(around.http_url)).text == "ok"


async def reads_a_file_with_anyio(around: Surroundings) -> None:
    async with await anyio.open_file(around.note) as file:
        assert await file.read()


async def makes_an_ssl_context(_: Surroundings) -> None:
    ssl.create_default_context()


async def works_in_memory(_: Surroundings) -> None:
    io.StringIO().write("text")
    io.BytesIO(b"bytes").read()
    io.TextIOWrapper(io.BytesIO(b"text")).read()


async def looks_up_a_time_zone(_: Surroundings) -> None:
    zoneinfo.ZoneInfo.no_cache("Europe/Rome")


async def renders_a_template(around: Surroundings) -> None:
    await anyio.Path(around.folder / "page.html").write_text("{{ value }}")
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(around.folder))
    assert environment.get_template("page.html").render(value=1) == "1"


async def takes_a_lock_that_is_free(_: Surroundings) -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    with contextlib.suppress(queue.Empty):
        queue.Queue[int]().get_nowait()


async def serves_files(around: Surroundings) -> None:
    app = FastAPI()
    app.mount("/static", StaticFiles(directory=around.folder))

    @app.get("/file")
    async def file() -> FileResponse:
        return FileResponse(around.note)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        assert (await client.get("/static/note.txt")).text == "a note"
        assert (await client.get("/file")).text == "a note"


async def sleeps_in_a_sync_route(_: Surroundings) -> None:
    app = FastAPI()

    @app.get("/")
    def route() -> str:
        time.sleep(0.001)
        return "ok"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        assert (await client.get("/")).status_code == 200


async def reads_its_settings_as_it_starts(around: Surroundings) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        around.note.read_text()
        yield

    from asgi_lifespan import LifespanManager

    async with LifespanManager(FastAPI(lifespan=lifespan)):
        pass


async def reads_an_upload_that_is_in_memory(_: Surroundings) -> None:
    file = UploadFile(tempfile.SpooledTemporaryFile(max_size=1000))  # noqa: SIM115
    await file.write(b"small")
    await file.close()


async def connects_with_psycopg(around: Surroundings) -> None:
    connection = await psycopg.AsyncConnection.connect(around.sync_url.replace("+psycopg", ""))
    await connection.execute("SELECT 1")
    await connection.close()


async def uses_an_async_engine(around: Surroundings) -> None:
    for url in (around.async_url, around.sync_url):
        engine = create_async_engine(url)
        async with AsyncSession(engine) as session:
            assert await session.scalar(select(1)) == 1
            assert await session.run_sync(lambda sync: sync.scalar(select(1))) == 1
        await engine.dispose()


async def uses_a_sync_engine_in_a_thread(around: Surroundings) -> None:
    def work() -> Any:
        engine = create_engine(around.sync_url)
        with Session(engine) as session:
            result = session.scalar(select(1))
        engine.dispose()
        return result

    assert await asyncio.to_thread(work) == 1
    assert await run_in_threadpool(work) == 1


async def uses_a_sync_driver_behind_an_asyncio_dialect(around: Surroundings) -> None:
    """As Greenshift's rollback mode does: one connection for sync and asyncio sessions."""

    def work() -> Any:
        engine = create_engine(around.sync_url)
        with Session(engine) as session:
            result = session.scalar(select(1))
        engine.dispose()
        return result

    assert await greenlet_spawn(work) == 1


async def says_that_it_may_block(_: Surroundings) -> None:
    time.sleep(0.001)  # greenshift: ignore[blocking]


async def says_so_among_others(around: Surroundings) -> None:
    engine = create_engine(around.sync_url)
    with Session(engine) as session:
        session.scalar(select(1))  # greenshift: ignore[n_plus_one, blocking]
    engine.dispose()
