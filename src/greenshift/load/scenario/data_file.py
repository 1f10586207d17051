"""Values from a file beside the scenario: CSV with a head, or JSON with a list."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from greenshift.load.errors import ScenarioError


def rows_of(path: Path) -> tuple[Any, ...]:
    """Return the rows of a CSV file as mappings of texts, or the items of a JSON file's list.

    Raises:
        ScenarioError: it cannot be read, or holds nothing.
    """
    try:
        if path.suffix.lower() == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows: Any = list(csv.DictReader(file, strict=True))
            _check_rows(path, rows)
        elif path.suffix.lower() == ".json":
            rows = json.loads(path.read_text(encoding="utf-8"))
        else:
            raise ScenarioError(f"{path} is neither a .csv nor a .json file", "save the data as CSV or JSON")
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}", "data files lie beside the scenario") from None
    except (ValueError, csv.Error) as error:
        raise ScenarioError(f"{path} is not what its name says: {error}", "correct the file") from None
    if not isinstance(rows, list) or not rows:
        raise ScenarioError(f"{path} holds no list of values", "write a list with at least one value in it")
    return tuple(rows)


def _check_rows(path: Path, rows: list[dict[Any, Any]]) -> None:
    for place, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise ScenarioError(f"{path}: row {place} has not as many cells as the head", "correct the row")
