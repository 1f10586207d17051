"""What a guard that warns says."""

from __future__ import annotations

import pytest


class GuardWarning(pytest.PytestWarning):
    """A guard (``n_plus_one``, ``blocking``) set to ``warn`` found something in a test."""
