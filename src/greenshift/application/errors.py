"""What keeps an application from being run."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class ApplicationError(GreenshiftError):
    """The application's Python does not run, or lacks what is needed there."""
