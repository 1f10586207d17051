"""One step of load, from the command to the figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from greenshift.load import errors
from greenshift.load.driven import Driven
from greenshift.load.generator.process import LocustProcesses, free_port
from greenshift.load.scenario import Scenario, scenario_as_dict
from greenshift.load.scenario.choosing import completed
from greenshift.load.step import Step

_WORKERS_SECONDS = "30"  # that a master waits for its workers


def drive(
    scenario: Scenario,
    url: str,
    step: Step,
    *,
    workers: int = 1,
    seed: int = 0,
    measuring: Callable[[], object] | None = None,
    measured: Callable[[], object] | None = None,
) -> Driven:
    """Put one step of load on an application, and return what was measured.

    All users log in first; then comes the warm-up, and then what is measured.

    Args:
        scenario: what is sent.
        url: where the application listens: ``http://127.0.0.1:8000``.
        step: how much load, and for how long.
        workers: processes that send; each can use one core.
        seed: of the random choices; the same seed makes the same choices for each user.
        measuring: called when the warm-up is over and the measurement begins.
        measured: called when the measurement ends.

    Returns:
        The figures; ``saturated`` when the generator and not the application was the bottleneck.

    Raises:
        GeneratorError: Locust is not installed, could not be started, or ended without a result.
        ScenarioError: no user could log in, or nothing could be sent.
    """
    if scenario.openapi:
        scenario = completed(scenario, url)
    workers = min(workers, step.in_flight)
    with LocustProcesses() as locust:
        (locust.folder / "scenario.json").write_text(json.dumps(scenario_as_dict(scenario)), encoding="utf-8")
        arguments = _arguments(step, url, seed)
        if workers > 1:
            port = str(free_port())
            arguments += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
            arguments += ["--expect-workers", str(workers), "--expect-workers-max-wait", _WORKERS_SECONDS]
            for number in range(1, workers + 1):
                to_master = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
                locust.start(to_master, f"worker-{number}")
        master = locust.start(arguments, "master")
        callbacks = {"measuring": measuring, "measured": measured}
        result = locust.wait(master, lambda what: (callbacks.get(what) or _nothing)())
    if "error" in result:
        raise _error(result["error"])
    # As it was asked for: Locust was told how many users a rate has.
    return Driven.from_dict({**result, "step": {**result["step"], "users": step.users}})


def _arguments(step: Step, url: str, seed: int) -> list[str]:
    arguments = ["--scenario", "scenario.json", "--result", "result.json", "--host", url.rstrip("/")]
    # All users at once: they log in one after the other anyhow, and are not measured before the last has.
    arguments += ["--users", str(step.in_flight), "--spawn-rate", str(step.in_flight)]
    arguments += ["--warm-up", repr(step.warm_up), "--request-timeout", repr(step.timeout), "--seed", str(seed)]
    for option in ("rate", "seconds", "requests"):
        value = getattr(step, option)
        if value is not None:
            arguments += [f"--{option}", repr(value)]
    return arguments


def _error(error: Mapping[str, Any]) -> errors.LoadError:
    kinds: dict[str, type[errors.LoadError]] = {
        kind.__name__: kind for kind in (errors.LoadError, errors.GeneratorError, errors.ScenarioError)
    }
    return kinds.get(error["kind"], errors.GeneratorError)(error["problem"], error["fix"])


def _nothing() -> None:
    pass
