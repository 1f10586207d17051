"""The documentation's table is what the catalogue and its reproductions say now."""

from __future__ import annotations

import pytest
from catalogue_table import PAGE, page

from greenshift.explain.catalogue import ENTRIES


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run python tests/explain/catalogue_table.py"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_every_kind_has_its_row(entry) -> None:  # type: ignore[no-untyped-def]
    [row] = [line for line in page().splitlines() if line.startswith(f"| **{entry.kind}** |")]
    assert entry.title.replace("|", "\\|") in row
    assert entry.source in row
