"""The command line: the server's commands, ``explain``, and those of the shift."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from greenshift import __version__
from greenshift.check.command import CHECK_EXIT_CODES, check_command
from greenshift.config import load_config
from greenshift.contract.command import CONTRACT_EXIT_CODES, contract_command
from greenshift.demo.command import DEMO_EXIT_CODES, demo_command
from greenshift.errors import GreenshiftError
from greenshift.init.command import INIT_EXIT_CODES, init_command
from greenshift.load.command import LOAD_EXIT_CODES, load_command
from greenshift.masking import mask
from greenshift.patch.command import rollback_command
from greenshift.postgres import KeptServer, Server, ServerError, ServerSettings, kept_server, open_server, stop_kept
from greenshift.postgres import keep_server as start_server
from greenshift.postgres.databases.dropping import drop_database
from greenshift.postgres.databases.listing import ListedDatabase, list_databases
from greenshift.postgres.databases.liveness import live_runs
from greenshift.postgres.databases.marker import kept_name
from greenshift.postgres.databases.run import reap
from greenshift.postgres.servers.binaries import version_name
from greenshift.postgres.servers.psql import psql_command
from greenshift.shift.command import shift_command
from greenshift.shift.heal.command import heal_command
from greenshift.shift.mirror.command import mirror_command
from greenshift.shift.scan.command import scan_command
from greenshift.shift.verify.command import verify_command

EXIT_CODES = (
    "Exit codes: 0 done; 1 the answer is no (status: no server is kept); "
    "2 wrong use, or a failure, of which one line says what happened and one what to do."
)
SHIFT_EXIT_CODES = (
    "Exit codes: 0 done; 1 findings (verify: differs or cannot tell; heal: something still fails; scan --fail-on-sync: "
    "sync sessions); 2 wrong use, or a failure, of which one line says what happened and one what to do."
)
MIRROR_EXIT_CODES = (
    "Exit codes: 0 done, or nothing has fallen behind; 1 with --check: a mirror is missing or has fallen behind; "
    "2 wrong use, or a failure, of which one line says what happened and one what to do."
)
FAILURE = 2

app = typer.Typer(
    help="A real PostgreSQL under pytest, errors explained, and sync SQLAlchemy applications moved to asyncio.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check", epilog=CHECK_EXIT_CODES)(check_command)
app.command("contract", epilog=CONTRACT_EXIT_CODES)(contract_command)
app.command("scan", epilog=SHIFT_EXIT_CODES)(scan_command)
app.command("shift", epilog=SHIFT_EXIT_CODES)(shift_command)
app.command("heal", epilog=SHIFT_EXIT_CODES)(heal_command)
app.command("mirror", epilog=MIRROR_EXIT_CODES)(mirror_command)
app.command("rollback", epilog=SHIFT_EXIT_CODES)(rollback_command)
app.command("verify", epilog=SHIFT_EXIT_CODES)(verify_command)
app.command("load", epilog=LOAD_EXIT_CODES)(load_command)
app.command("demo", epilog=DEMO_EXIT_CODES)(demo_command)
app.command("init", epilog=INIT_EXIT_CODES)(init_command)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="A server to use instead of the kept one; else GREENSHIFT_DATABASE_URL.", metavar="URL"),
]


def main() -> NoReturn:
    """Run the command line; a failure that Greenshift understands is two lines on standard error."""
    try:
        app()
    except GreenshiftError as error:
        sys.exit(fail(error.problem, error.fix))
    except psycopg.Error as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        sys.exit(fail(f"the server refused: {reason}", "look at the server and at the rights of its user"))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(0)


def fail(problem: str, fix: str) -> int:
    """Print a failure and return its exit code."""
    print(mask(f"error: {problem}\nfix: {fix}"), file=sys.stderr)
    return FAILURE


def say(line: str) -> None:
    """Print progress, apart from the results."""
    print(line, file=sys.stderr)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        print(f"greenshift {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """A real PostgreSQL under pytest: one server kept between runs, and the databases on it."""


@app.command(epilog=EXIT_CODES)
def up(
    listen: Annotated[
        Literal["socket", "tcp"] | None,
        typer.Option(help="A private socket, or a free port of 127.0.0.1 with a password."),
    ] = None,
    data: Annotated[Literal["auto", "memory", "disk"] | None, typer.Option(help="Where the data lies.")] = None,
    provider: Annotated[
        Literal["auto", "embedded", "installed"] | None, typer.Option(help="Which PostgreSQL to run.")
    ] = None,
    bin_directory: Annotated[
        Path | None, typer.Option(help="The folder with the PostgreSQL programs to run.", metavar="FOLDER")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of PostgreSQL's; may be repeated.", metavar="NAME=VALUE"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start a server that stays until `greenshift down`; its data is not meant to last longer.

    What is not given comes from pyproject.toml. If a suitable server is up already, it is shown.
    """
    config = load_config(Path.cwd())
    if provider is None and config.server == "container" and bin_directory is None:
        raise ServerError(
            'a server in a container cannot be kept (server = "container" in pyproject.toml)',
            "choose another: greenshift up --provider embedded",
        )
    configured = config.server if config.server in ("embedded", "installed") else "auto"
    settings = dict(config.settings)
    for text in setting or []:
        name, separator, value = text.partition("=")
        if not separator:
            raise ServerError(f"{text!r} is no setting", "write it as name=value, for example --set work_mem=64MB")
        settings[name.strip()] = value.strip()
    server, started = start_server(
        ServerSettings(
            provider=provider or configured,
            listen=listen or config.listen,
            data=data or config.data,
            bin_directory=bin_directory,
            settings=settings,
            extensions=config.extensions,
        ),
        say=say,
    )
    if server.notice:
        say(server.notice)
    if as_json:
        print(json.dumps({**description(server), "started_now": started}))
        return
    print(
        f"PostgreSQL {version_name(server.version)} "
        + (f"is up after {server.start_seconds:.2f} s" if started else "was up already")
    )
    show(server)


@app.command(epilog=EXIT_CODES)
def down() -> None:
    """End the kept server and remove its data."""
    print("the kept server has ended" if stop_kept() else "no server was kept")


@app.command(epilog=EXIT_CODES)
def status(as_json: JsonOption = False) -> None:
    """Show the kept server; exit code 1 where there is none."""
    server = kept_server()
    if as_json:
        print(json.dumps({"running": False} if server is None else description(server)))
    elif server is None:
        print("no server is kept (start one: greenshift up)")
    else:
        print(f"PostgreSQL {version_name(server.version)} is up")
        show(server)
    if server is None:
        raise typer.Exit(1)


@app.command(epilog=EXIT_CODES, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(
    context: typer.Context,
    database: Annotated[
        str | None, typer.Argument(help="A database, or the name under which one was kept.", metavar="[DATABASE]")
    ] = None,
    url: UrlOption = None,
) -> None:
    """Open a database in psql; arguments after the database's name go to psql.

    For example: greenshift psql app -c "select 1"
    """
    more = list(context.args)
    if database is not None and database.startswith("-"):
        more.insert(0, database)
        database = None
    server = chosen_server(url)
    command = psql_command(server, None if database is None else real_name(server, database), more)
    sys.stdout.flush()
    os.execve(command.program, list(command.arguments), dict(command.environment))  # noqa: S606 - psql takes over


@app.command(epilog=EXIT_CODES)
def databases(
    url: UrlOption = None,
    drop: Annotated[list[str] | None, typer.Option(help="Drop this database; may be repeated.", metavar="NAME")] = None,
    drop_kept: Annotated[bool, typer.Option("--drop-kept", help="Drop all kept databases.")] = False,
    reap_dead: Annotated[bool, typer.Option("--reap", help="Drop what dead runs left behind.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the databases that Greenshift made on the server, or drop some; no other is ever touched."""
    server = chosen_server(url)
    dropped: list[str] = []
    for name in drop or []:
        real = real_name(server, name)
        drop_database(server, real)
        dropped.append(real)
    if drop_kept:
        for kept in list_databases(server):
            if kept.marker.kind == "kept":
                drop_database(server, kept.name)
                dropped.append(kept.name)
    if reap_dead:
        dropped += reap(server)
    acted = bool(drop or drop_kept or reap_dead)
    found = [] if acted else list_databases(server)
    alive = live_runs(server, {database.marker.run for database in found}) if found else set()
    if as_json:
        print(json.dumps({"dropped": dropped} if acted else [row(database, alive) for database in found]))
    elif acted:
        print("\n".join(f"dropped {name}" for name in dropped) or "nothing to drop")
    elif found:
        show_databases(found, alive)
    else:
        print("no database of Greenshift's on this server")


@app.command(
    epilog="Exit codes: 0 an error was explained; 1 none was: there was no error, or none of the catalogue's; "
    "2 wrong use: no such file, no text."
)
def explain(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Logs or tracebacks; - or none for standard input.", metavar="FILE")
    ] = None,
    diff: Annotated[
        bool,
        typer.Option("--diff", help="Print the edits as a patch (for patch -p0); explanations go to standard error."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Explain the database errors in a log: what happened, why, where, and what to write instead.

    It reads tracebacks in any text, without the application: docker logs web 2>&1 | greenshift explain
    """
    from greenshift.explain.command import run  # imports SQLAlchemy, which the other commands do not need

    raise typer.Exit(run(files or [], as_json=as_json, diff=diff))


@app.command(
    epilog="Exit codes: 0 all was shown; 1 with --once: a URL did not answer; 2 wrong use, of which one line says what "
    "happened and one what to do."
)
def top(
    urls: Annotated[
        list[str],
        typer.Argument(
            help="http://HOST:PORT of an application that greenshift.observe watches (of several workers: each), "
            "or postgresql://USER@HOST/DATABASE.",
            metavar="URL...",
            show_default=False,
        ),
    ],
    interval: Annotated[float, typer.Option(help="Seconds between two readings.", min=0.1, max=3600.0)] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Show it once, whole, and end.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: a line for each reading, or with --once one document.")
    ] = False,
) -> None:
    """Watch connections, waits and slow statements, live: of applications, or of a PostgreSQL server.

    q or Ctrl-C ends. What does not answer is asked again until it does.
    """
    from greenshift.observe.top.command import run  # imports SQLAlchemy, which the other commands do not need

    raise typer.Exit(run(urls, interval=interval, once=once, as_json=as_json))


@app.command(epilog=EXIT_CODES)
def dashboard() -> None:
    """Print a Grafana dashboard (JSON) for the Prometheus metrics of greenshift.observe.

    In Grafana: Dashboards, New, Import.
    """
    from greenshift.observe.dashboard import PATH  # imports SQLAlchemy, which the other commands do not need

    print(PATH.read_text(encoding="utf-8"), end="")


def chosen_server(url: str | None) -> Server:
    """Return the server that a command is about: the one at the URL, else the kept one.

    Raises:
        ServerError: there is neither.
    """
    url = url or os.environ.get("GREENSHIFT_DATABASE_URL")
    if url:
        return open_server(ServerSettings(url=url))
    server = kept_server()
    if server is None:
        raise ServerError("no server is kept running", "start one (greenshift up), or give --url")
    return server


def real_name(server: Server, name: str) -> str:
    """Return a database's name, where it may be given as the name under which it was kept."""
    listed = {database.name for database in list_databases(server)}
    return kept_name(name) if name not in listed and kept_name(name) in listed else name


def description(server: KeptServer) -> dict[str, Any]:
    """Return what `status --json` says of the kept server."""
    state = server.state
    return {
        "running": True,
        "url": server.url(),
        "version": version_name(server.version),
        "listen": state.listen,
        "in_memory": server.in_memory,
        "directory": state.directory,
        "programs": state.bin_directory,
        "settings": dict(state.settings),
        "supervisor": state.supervisor,
        "postmaster": state.postmaster,
        "started": state.started,
    }


def show(server: KeptServer) -> None:
    """Print the kept server for people."""
    state = server.state
    place = "in RAM" if server.in_memory else "on disk"
    print(f"  url       {server.url()}")
    print(f"  data      {state.directory} ({place})")
    print(f"  programs  {state.bin_directory}")
    print(f"  process   {state.postmaster}, {age(datetime.fromisoformat(state.started))} old")


def row(database: ListedDatabase, alive: set[str]) -> dict[str, Any]:
    """Return what `databases --json` says of one database."""
    marker = database.marker
    return {
        "name": database.name,
        "kind": marker.kind,
        "label": marker.label,
        "size": database.size,
        "created": marker.created.isoformat(),
        "run": marker.run,
        "run_alive": marker.run in alive,
        "complete": marker.complete,
        "connections": database.connections,
    }


def show_databases(found: list[ListedDatabase], alive: set[str]) -> None:
    """Print databases for people, one a line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("name", "kind", "size", "age", "run", "label"):
        table.add_column(title, no_wrap=True, justify="right" if title in ("size", "age") else "left")
    for database in found:
        marker = database.marker
        kind = marker.kind if marker.complete else f"{marker.kind} (unfinished)"
        run = f"{marker.run} {'alive' if marker.run in alive else 'ended'}"
        table.add_row(database.name, kind, f"{database.size / 2**20:.1f} MB", age(marker.created), run, marker.label)
    # A narrow terminal must not cut the names that one copies from here.
    Console(highlight=False, width=1000 if not sys.stdout.isatty() else None, soft_wrap=True).print(table)


def age(moment: datetime) -> str:
    """Return how long ago that was, in the largest unit that fits."""
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
