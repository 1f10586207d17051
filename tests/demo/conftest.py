from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from greenshift.demo.example import copy_example
from greenshift.demo.ground import QUICK, Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Copies of the example; what steps start on it ends with the test that runs them."""
    before, after = copy_example(tmp_path)
    return Ground(tmp_path, before, after, QUICK, ExitStack())
