"""What keeps a load from being driven or measured."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class LoadError(GreenshiftError):
    """A version cannot be served, a scenario cannot be used, or nothing could be measured."""


class ScenarioError(LoadError):
    """A scenario file, or the application's OpenAPI document, does not say what to send."""


class GeneratorError(LoadError):
    """Locust could not be started, or ended without a result."""


class ServingError(LoadError):
    """A version does not start, or has ended.

    Args:
        problem: what happened, one line.
        fix: what to do, one line.
        log: the last lines that the application wrote.
    """

    def __init__(self, problem: str, fix: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(problem, fix)
        self.log = log
