"""What can go wrong with watching."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class TopError(GreenshiftError):
    """Something that cannot be watched, or not in this way."""


class SourceError(TopError):
    """What is watched does not answer now, or not as it should; later it may."""
