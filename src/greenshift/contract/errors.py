"""What can go wrong before a behaviour is tested."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class ContractError(GreenshiftError):
    """The contract cannot be asked: no such models, an override of an unknown column, an adapter that does not fit."""


class RowError(GreenshiftError):
    """No row can be made for a model; its tests are reported so, and never passed."""


class TooFewValuesError(RowError):
    """A model can have so many rows and no more."""
