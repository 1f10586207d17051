"""Ask every route once, on a PostgreSQL started from nothing, and print what it answers.

python demo.py                        the development server's error pages, as text
python demo.py --html > page.html     the page that a browser shows for `/books`
python demo.py --plain                the tracebacks that production would log: pipe them into `greenshift explain`
"""

import argparse
import asyncio
import importlib
import os
import traceback

import httpx
from greenshift.postgres import ServerSettings, open_server

ROUTES = [
    ("GET", "/figures"),
    ("GET", "/books"),
    ("POST", "/books/1/borrow"),
    ("POST", "/books/1/return"),
    ("GET", "/report"),
]


async def ask(plain: bool, accept: str, routes: list[tuple[str, str]]) -> None:
    """Fill the database and ask the routes.

    Args:
        plain: ask the application as production runs it.
        accept: what the client wants.
        routes: methods and paths.
    """
    database = importlib.import_module("library.database")
    models = importlib.import_module("library.models")
    app = importlib.import_module("library.main" if plain else "library.development").app
    async with database.engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    async with database.SessionLocal.begin() as session:
        session.add(models.Book(id=1, title="Notes", copies=3, author=models.Author(id=1, name="Ada")))
    await database.engine.dispose()
    transport = httpx.ASGITransport(app, raise_app_exceptions=plain)
    async with httpx.AsyncClient(transport=transport, base_url="http://library", headers={"accept": accept}) as client:
        for method, path in routes:
            try:
                # A task of its own, as in a server: the application's stack does not go on into this file.
                response = await asyncio.create_task(client.request(method, path))
                print(response.text)
            except Exception:
                traceback.print_exc()
    await database.engine.dispose()
    database.reports_engine.dispose()


def main() -> None:
    """Read the command line, start a server and ask."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--html", action="store_true")
    parser.add_argument("--driver", choices=["asyncpg", "psycopg"], default="asyncpg")
    options = parser.parse_args()
    server = open_server(ServerSettings())
    try:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE library")
        os.environ["DATABASE_URL"] = server.url("library", options.driver)
        asyncio.run(
            ask(options.plain, "text/html" if options.html else "text/plain", ROUTES[1:2] if options.html else ROUTES)
        )
    finally:
        server.stop()


if __name__ == "__main__":
    main()
