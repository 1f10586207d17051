"""``greenshift load``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from greenshift.load.errors import LoadError, ServingError
from greenshift.masking import mask, masked

if TYPE_CHECKING:
    from greenshift.load.plan import VersionPlan
    from greenshift.load.step import Step

LOAD_EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 a target is not met, or the version after is slower beyond the noise or fails more; "
    "2 wrong use, a failure, or the load generator was the bottleneck, of which one line says what happened."
)
# Of text that goes into a file or a log: the tables are not cut to a terminal that is none.
_WIDTH: Final = 140
_USERS: Final = "1,10,50,100"


def load_command(
    before: Annotated[
        str | None, typer.Option(help="The version before: a folder, or a git revision.", metavar="PATH_OR_REF")
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="The version after, likewise; one of them alone is fine.", metavar="PATH_OR_REF")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="An application that runs on this machine, in place of both.", metavar="URL")
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(help="The ASGI application; else what pyproject.toml says.", metavar="MODULE:ATTRIBUTE"),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="What to send, as TOML; else made from the OpenAPI document.", metavar="FILE")
    ] = None,
    save_scenario: Annotated[
        Path | None, typer.Option(help="Write what is sent to a new file, as TOML to begin with.", metavar="FILE")
    ] = None,
    users: Annotated[
        str | None, typer.Option(help=f"Steps of concurrent users; {_USERS} by default.", metavar="N,N...")
    ] = None,
    rate: Annotated[str | None, typer.Option(help="Steps of requests offered a second.", metavar="N,N...")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="How long each step is measured; 10 by default.", min=0.1, show_default=False)
    ] = None,
    requests: Annotated[
        int | None, typer.Option(help="How many requests each step measures, in place of --seconds.", min=1)
    ] = None,
    warm_up: Annotated[float, typer.Option(help="Seconds of each step that count for nothing.", min=0)] = 2.0,
    timeout: Annotated[float, typer.Option(help="Seconds after which a request is given up.", min=0.1)] = 10.0,
    rounds: Annotated[int, typer.Option(help="How often all of it is done.", min=1)] = 3,
    workers: Annotated[int, typer.Option(help="uvicorn's workers, for each version.", min=1)] = 1,
    generator_workers: Annotated[int, typer.Option(help="Processes that send.", min=1)] = 1,
    database_delay: Annotated[
        str, typer.Option(help="Put the database further away: the round trip to add, such as 5ms.", metavar="TIME")
    ] = "0",
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="What is to be reached: throughput>500@50, mean<100ms@50, without-blocking@100; may be repeated.",
            metavar="TARGET",
        ),
    ] = None,
    prepare: Annotated[
        list[str] | None,
        typer.Option(help="A command, or an SQL file, that fills the database; may be repeated.", metavar="COMMAND"),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            help="A variable for both; {url}, {host}... are filled in; may be repeated.", metavar="NAME=VALUE"
        ),
    ] = None,
    before_env: Annotated[list[str] | None, typer.Option(help="For the version before.", metavar="NAME=VALUE")] = None,
    after_env: Annotated[list[str] | None, typer.Option(help="For the version after.", metavar="NAME=VALUE")] = None,
    python: Annotated[Path | None, typer.Option(help="The Python of both; else this one.")] = None,
    before_python: Annotated[Path | None, typer.Option(help="The Python of the version before.")] = None,
    after_python: Annotated[Path | None, typer.Option(help="The Python of the version after.")] = None,
    pool_size: Annotated[int | None, typer.Option(help="Another pool_size for both.", min=1)] = None,
    max_overflow: Annotated[int | None, typer.Option(help="Another max_overflow for both.", min=0)] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report to this file.", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare what two versions of an application bear, on a real PostgreSQL, under equal load.

    Starts both one after the other, in alternating rounds, drives them with Locust, and says what differs beyond the
    noise. With neither --before nor --after: the application in the current folder alone.
    """
    from greenshift.load.comparison.judging import check_targets, judged  # other commands need not wait for these
    from greenshift.load.comparison.running import run
    from greenshift.load.comparison.targets import parse_target
    from greenshift.load.delay import parse_delay
    from greenshift.load.plan import Plan
    from greenshift.load.reporting.progress import Bar
    from greenshift.load.scenario import Scenario, writing
    from greenshift.report.html import check_page_file, write_page

    if html is not None:
        check_page_file(html)
    if save_scenario is not None:
        writing.check_new_file(save_scenario)
    targets = tuple(parse_target(text) for text in target or ())
    steps = _steps(users, rate, seconds, requests, warm_up, timeout)
    check_targets(targets, steps)
    shared = _variables(env)
    versions = _versions(
        url,
        (before, before_python or python, {**shared, **_variables(before_env)}),
        (after, after_python or python, {**shared, **_variables(after_env)}),
    )
    plan = Plan(
        versions=versions,
        url=url,
        app=app,
        scenario=scenario,
        steps=steps,
        rounds=rounds,
        workers=workers,
        generator_workers=generator_workers,
        targets=targets,
        prepare=tuple(prepare or ()),
        delay=parse_delay(database_delay),
        pool_size=pool_size,
        max_overflow=max_overflow,
    )

    def chosen(what: Scenario) -> None:
        if save_scenario is not None:
            writing.save_scenario(what, save_scenario)

    try:
        with Bar() as bar:
            load = run(plan, bar.show, chosen)
    except ServingError as error:
        for line in error.log:
            print(mask(f"  | {line}"), file=sys.stderr)
        raise
    judgement = judged(load, targets)
    if as_json:
        print(json.dumps(masked(judgement.as_dict())))
    else:
        from greenshift.load.reporting.text import show

        console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _WIDTH)
        show(judgement, console)
    if html is not None:
        from greenshift.load.reporting.page import page_of

        write_page(page_of(judgement), html)
    if judgement.invalid:
        print(f"error: {load.warnings[0]}\nfix: give --generator-workers 2, or fewer users", file=sys.stderr)
    raise typer.Exit(judgement.exit_code)


def _versions(url: str | None, *given: tuple[str | None, Path | None, dict[str, str]]) -> tuple[VersionPlan, ...]:
    from greenshift.load.plan import VersionPlan

    named = [(label, *one) for label, one in zip(("before", "after"), given, strict=True) if one[0] is not None]
    if url is not None:
        if named:
            raise LoadError("--url is in place of --before and --after", "give one or the other")
        return ()
    if not named:
        named = [("application", ".", *given[1][1:])]
    return tuple(
        VersionPlan(label if len(named) == 2 else "application", path or ".", python, variables)
        for label, path, python, variables in named
    )


def _steps(
    users: str | None,
    rate: str | None,
    seconds: float | None,
    requests: int | None,
    warm_up: float,
    timeout: float,
) -> tuple[Step, ...]:
    from greenshift.load.step import Step

    if seconds is not None and requests is not None:
        raise LoadError("--seconds and --requests are both given", "give one of them")
    if seconds is None and requests is None:
        seconds = 10.0
    if users is None and rate is None:
        users = _USERS
    found = [
        Step(users=int(number), seconds=seconds, requests=requests, warm_up=warm_up, timeout=timeout)
        for number in _numbers(users, "--users", whole=True)
    ]
    found += [
        Step(rate=number, seconds=seconds, requests=requests, warm_up=warm_up, timeout=timeout)
        for number in _numbers(rate, "--rate", whole=False)
    ]
    return tuple(dict.fromkeys(found))


def _numbers(text: str | None, option: str, *, whole: bool) -> list[float]:
    try:
        numbers = [int(one) if whole else float(one) for one in text.split(",")] if text else []
    except ValueError as error:
        raise LoadError(f"{option} {text} is no list of numbers", f"write it as in {option} 10,50,100") from error
    if any(not number > 0 for number in numbers):
        raise LoadError(f"{option} {text} has a number that is not above 0", f"write it as in {option} 10,50,100")
    return numbers


def _variables(given: list[str] | None) -> dict[str, str]:
    found = {}
    for text in given or ():
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise LoadError(f"{name!r} is no variable with a value", "write it as NAME=VALUE")
        found[name] = value
    return found
