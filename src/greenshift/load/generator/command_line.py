"""What Greenshift adds to Locust's command line."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from greenshift.load.errors import LoadError, ScenarioError
from greenshift.load.generator.job import Job
from greenshift.load.generator.lookup import in_base_36
from greenshift.load.scenario import Scenario, scenario_for, scenario_from_dict
from greenshift.load.step import Step


def add_options(parser: Any) -> None:
    """Add the options to Locust's parser."""
    group = parser.add_argument_group("Greenshift", "What is sent and measured; needed by the master alone.")
    group.add_argument(
        "--scenario", metavar="FILE", help="A scenario file; by default the host's /openapi.json is read"
    )
    group.add_argument("--result", metavar="FILE", help="Measure one step, write it to this JSON file, and stop")
    group.add_argument("--seconds", type=float, help="How long is measured (10 unless --requests is given)")
    group.add_argument("--requests", type=int, help="How many requests are measured")
    group.add_argument("--rate", type=float, help="Requests a second that are offered; --users is the most under way")
    group.add_argument("--warm-up", type=float, default=2.0, help="Seconds of load before, not measured")
    group.add_argument("--request-timeout", type=float, default=10.0, help="Seconds after which a request is given up")
    group.add_argument("--seed", type=int, default=0, help="Of the random choices")


def job_from(options: Any, host: str, users: int, workers: int) -> Job:
    """Return the job that the command line describes.

    Args:
        options: as Locust parsed them.
        host: the application's URL.
        users: how many users Locust starts.
        workers: how many processes send.

    Raises:
        LoadError: the scenario or the step cannot be used.
    """
    if users < workers:
        raise LoadError(f"{users} users on {workers} workers", f"give --users {workers}, or more")
    seconds = options.seconds if options.seconds or options.requests else 10.0
    step = Step(
        users=users,
        rate=options.rate,
        seconds=seconds,
        requests=options.requests,
        warm_up=options.warm_up,
        timeout=options.request_timeout,
    )
    return Job(_scenario(options.scenario, host), step, options.seed, _run(), workers)


def _scenario(file: str | None, host: str) -> Scenario:
    if file is None or not file.endswith(".json"):
        return scenario_for(host, None if file is None else Path(file))
    try:
        return scenario_from_dict(json.loads(Path(file).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ScenarioError(f"{file} is no scenario: {error}", "give a .toml file") from None


def _run() -> str:
    """Eight letters and digits that no other run has: the time in milliseconds."""
    return in_base_36(int(time.time() * 1000))
