"""Tables in plain text, and the figures they are made of."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from importlib import metadata
from typing import Any

PACKAGES = (
    "sqlalchemy",
    "psycopg",
    "asyncpg",
    "pytest",
    "pytest-asyncio",
    "pytest-xdist",
    "pytest-postgresql",
    "pytest-sqla",
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def milliseconds(seconds: float) -> str:
    """Write a time so that three digits can be read."""
    value = seconds * 1000
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile, the smallest and the number of the values."""
    return {
        "median": statistics.median(values),
        "p95": percentile(values, 0.95),
        "best": min(values),
        "count": len(values),
    }


def surroundings() -> dict[str, Any]:
    """Return what the figures depend on: the machine, its load, the versions."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "missing"
    return {
        "processors": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": versions,
    }
