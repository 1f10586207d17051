"""What keeps a load from being driven or measured."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class LoadError(GreenshiftError):
    """A version cannot be served, a scenario cannot be used, or nothing could be measured."""
