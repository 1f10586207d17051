"""Whether a type checker is configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.shift.settings.type_checker import is_type_checked


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", True),
        ("pyproject.toml", "[[tool.mypy.overrides]]\nmodule = 'x'\n", True),
        ("pyproject.toml", "[tool.pyright]\n", True),
        ("pyproject.toml", "[tool.ruff]\n", False),
        ("pyproject.toml", "no toml", False),
        ("mypy.ini", "[mypy]\n", True),
        ("pyrightconfig.json", "{}", True),
        ("setup.cfg", "[metadata]\n\n[mypy]\n", True),
        ("setup.cfg", "[metadata]\n", False),
        ("other.txt", "", False),
    ],
)
def test_it_is_known_by_its_settings(tmp_path: Path, file: str, text: str, expected: bool) -> None:
    (tmp_path / file).write_text(text)
    assert is_type_checked(tmp_path) is expected
