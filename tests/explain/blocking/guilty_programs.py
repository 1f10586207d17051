"""Programs that block the event loop, each on the line that says so, with the function that is to be named."""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

import httpx
import requests
from sqlalchemy import create_engine, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from surroundings import Surroundings


async def sleeps(_: Surroundings) -> None:
    time.sleep(0.001)  # blocks: time.sleep


def _pause() -> None:
    time.sleep(0.001)  # blocks: time.sleep


async def sleeps_in_a_function_that_it_calls(_: Surroundings) -> None:
    _pause()


async def asks_with_requests(around: Surroundings) -> None:
    requests.get(around.http_url, timeout=5)  # blocks: requests.api.get


async def asks_with_a_sync_httpx_client(around: Surroundings) -> None:
    with httpx.Client() as client:
        client.get(around.http_url)  # blocks: httpx._client.Client.get


async def asks_with_urllib(around: Surroundings) -> None:
    urllib.request.urlopen(around.http_url).close()  # blocks: urllib.request.urlopen


async def reads_a_file(around: Surroundings) -> None:
    around.note.read_text()  # blocks: pathlib.Path.read_text


async def reads_json(around: Surroundings) -> None:
    (around.folder / "data.json").write_bytes(b"{}")  # blocks: pathlib.Path.write_bytes
    with open(around.folder / "data.json") as file:
        json.load(file)  # blocks: json.load


async def writes_a_file(around: Surroundings) -> None:
    with open(around.note, "a") as file:  # blocks: io.BufferedWriter.write
        file.write("more")  # blocks: io.TextIOWrapper.write


async def runs_a_program(_: Surroundings) -> None:
    subprocess.run([sys.executable, "-S", "-c", ""], check=True)  # blocks: subprocess.run


async def talks_to_a_socket(around: Surroundings) -> None:
    port = int(around.http_url.rsplit(":", 1)[1].strip("/"))
    with socket.create_connection(("127.0.0.1", port)) as connection:  # blocks: socket.create_connection
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")  # blocks: socket.socket.sendall


async def waits_for_a_queue(_: Surroundings) -> None:
    waiting: queue.Queue[int] = queue.Queue()
    threading.Timer(0.05, waiting.put, (1,)).start()
    waiting.get()  # blocks: queue.Queue.get


async def asks_sqlite(_: Surroundings) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("SELECT 1")  # blocks: sqlite3.Connection.execute
    connection.close()


async def sleeps_in_a_callback(_: Surroundings) -> None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def callback() -> None:
        time.sleep(0.001)  # blocks: time.sleep
        done.set_result(None)

    loop.call_soon(callback)
    await done


async def sleeps_in_run_sync(around: Surroundings) -> None:
    engine = create_async_engine(around.async_url)

    def work(session: Session) -> Any:
        time.sleep(0.001)  # blocks: time.sleep
        return session.scalar(select(1))

    try:
        async with AsyncSession(engine) as session:
            await session.run_sync(work)
    finally:
        await engine.dispose()


async def uses_a_sync_engine(around: Surroundings) -> None:
    engine = create_engine(around.sync_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))  # blocks: sync engine
    engine.dispose()


def _total(session: Session) -> Any:
    return session.scalar(select(1))  # blocks: sync engine


async def uses_a_sync_session_in_a_function_that_it_calls(around: Surroundings) -> None:
    engine = create_engine(around.sync_url)
    with Session(engine) as session:
        _total(session)
    engine.dispose()
