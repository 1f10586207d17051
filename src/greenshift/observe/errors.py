"""What can go wrong when observing begins."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class ObserveError(GreenshiftError):
    """Something given is no engine, a name is there twice, an extra is not installed, or an address is taken."""


def missing_extra(extra: str, package: str) -> ObserveError:
    """Return the error for an extra of Greenshift's that is not installed.

    Args:
        extra: ``prometheus``.
        package: what it brings: ``prometheus-client``.
    """
    return ObserveError(f"{package} is not installed", f'pip install "greenshift[{extra}]"')
