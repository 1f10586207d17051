"""Whether an application's types are checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_OWN_FILES: Final = ("mypy.ini", ".mypy.ini", "pyrightconfig.json")
_TABLES: Final = frozenset({"mypy", "pyright", "basedpyright", "pyre", "ty"})


def is_type_checked(root: Path) -> bool:
    """Return whether a type checker is configured in an application's folder.

    Args:
        root: the application's folder.
    """
    if any((root / name).is_file() for name in _OWN_FILES):
        return True
    setup = root / "setup.cfg"
    if setup.is_file() and "[mypy]" in setup.read_text(encoding="utf-8", errors="replace"):
        return True
    try:
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    tools = settings.get("tool", {})
    return isinstance(tools, dict) and bool(_TABLES & tools.keys())
