"""The root of Greenshift's exceptions: what happened, and what to do about it."""

from __future__ import annotations


class GreenshiftError(Exception):
    """A failure that Greenshift understands.

    Each part raises its own subclass. ``problem`` is one line saying what happened, ``fix`` one line
    saying what to do; the command line and the pytest plugin print both, and no traceback.

    Args:
        problem: what happened, one line, no secret in it.
        fix: what the user can do about it, one line.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem, fix)
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.problem}\n  fix: {self.fix}"


class ConfigurationError(GreenshiftError):
    """``[tool.greenshift]``, a command-line option or an environment variable holds something unusable."""
