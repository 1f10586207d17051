"""What cannot be set up."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class InitError(GreenshiftError):
    """A project cannot be looked at, or its files cannot be changed."""
