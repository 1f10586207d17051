"""Greenshift's contract on these models: what it tries of each is tried sync and async, and compared."""

from __future__ import annotations

import pytest
from blog_adapter import RECORDS
from greenshift.contract import ModelContract


@pytest.mark.db(no_queries_ok=True)
class TestModels(ModelContract):
    adapter = RECORDS
