"""What to write instead of a call that blocks."""

from __future__ import annotations

from typing import Final

_HTTP: Final = (
    "use an asynchronous client: `async with httpx.AsyncClient() as client: response = await client.get(url)`"
)
_SOCKET: Final = "open it with `reader, writer = await asyncio.open_connection(host, port)`"
_PROCESS: Final = (
    "start it with `process = await asyncio.create_subprocess_exec(...)` and `await process.communicate()`"
)
_FILE: Final = (
    "read and write it in a thread: `await asyncio.to_thread(path.read_text)`, "
    "or `async with await anyio.open_file(path) as file: await file.read()`"
)

# By the first part of the module through which the call goes, or of the blocking function's own name.
_BY_MODULE: Final = {
    "requests": _HTTP,
    "urllib3": _HTTP,
    "urllib": _HTTP,
    "http": _HTTP,
    "httpx": _HTTP,
    "httpcore": _HTTP,
    "subprocess": _PROCESS,
    "redis": "use `redis.asyncio.Redis`, which has the same methods to await",
    "pymongo": "use `pymongo.AsyncMongoClient`",
    "sqlite3": "use an asyncio engine: `create_async_engine('sqlite+aiosqlite:///...')`",
    "smtplib": "use `aiosmtplib`",
    "queue": "use `asyncio.Queue` and `await queue.get()`",
    "threading": "use the lock, event or condition of `asyncio`, and await it",
    "concurrent": "await the future: `await asyncio.wrap_future(future)`",
    "socket": _SOCKET,
    "ssl": _SOCKET,
    "io": _FILE,
    "os": _FILE,
    "pathlib": _FILE,
    "shutil": _FILE,
    "tempfile": _FILE,
}


def replacement(function: str, modules: list[str]) -> str | None:
    """Return what to write instead, or None where only a thread helps.

    Args:
        function: the blocking function, such as ``time.sleep``.
        modules: the modules through which the user's line calls it, the outermost first.
    """
    if function == "time.sleep" and not modules:
        return "write `await asyncio.sleep(...)`"
    for module in (*modules, function):
        advice = _BY_MODULE.get(module.partition(".")[0])
        if advice is not None:
            return advice
    return None
