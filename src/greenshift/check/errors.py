"""What can go wrong while checking."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class CheckError(GreenshiftError):
    """A check that could not be made: no such path, an import that fails, a server that does not answer."""
