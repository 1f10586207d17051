"""The load generator: Locust, headless, in processes of its own."""

from __future__ import annotations

from collections.abc import Callable

from greenshift.load.driven import Driven
from greenshift.load.scenario import Scenario
from greenshift.load.step import Step


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

    Args:
        scenario: what is sent.
        url: where the application listens: ``http://127.0.0.1:8000``.
        step: how much load, and for how long.
        workers: processes that send; each can use one core.
        seed: of the random choices; the same seed sends the same requests in each user.
        measuring: called when the warm-up is over and the measurement begins.
        measured: called when the measurement ends.

    Returns:
        The figures; ``saturated`` when the generator and not the application was the bottleneck.

    Raises:
        GeneratorError: Locust is not installed, could not be started, or ended without a result.
        ScenarioError: no user could log in.
    """
    raise NotImplementedError
