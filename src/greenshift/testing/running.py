"""Finds the suite of the pytest run at hand."""

from __future__ import annotations

import pytest

from greenshift.testing.suite import Suite

SUITE_KEY = pytest.StashKey[Suite]()


def current_suite(config: pytest.Config) -> Suite:
    """Return the suite that the plugin made for this run."""
    return config.stash[SUITE_KEY]
