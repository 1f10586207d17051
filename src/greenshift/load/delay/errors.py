"""What can go wrong with the delay between an application and its database."""

from __future__ import annotations

from greenshift.load.errors import LoadError


class DelayError(LoadError):
    """A delay that cannot be read, or a proxy that cannot give it."""
