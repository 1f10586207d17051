"""A page as JSON, in a shape that stays: keys are added, never renamed; ``version`` tells when one had to be."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from greenshift import __version__
from greenshift.masking import mask
from greenshift.report.page import Block, Page
from greenshift.report.page_texts import with_texts

VERSION: Final = 1


def page_as_json(page: Page) -> str:
    """Return a page as JSON: what it shows, and the measurements behind it; passwords are masked.

    A block says with ``type`` what it is: ``figures``, ``text``, ``grid``, ``code``, ``comparison``, ``item`` or
    ``plot``. Numbers that JSON cannot hold (not a number, infinite) are null.

    Args:
        page: the page.
    """
    content = {
        "version": VERSION,
        "tool": {"name": "greenshift", "version": __version__},
        "kind": page.kind,
        "title": page.title,
        "subtitle": page.subtitle,
        "verdicts": page.verdicts,
        "sections": [
            {"title": one.title, "folded": one.folded, "blocks": [_block(block) for block in one.blocks]}
            for one in page.sections
        ],
        "data": page.data,
    }
    return json.dumps(with_texts(_plain(content), mask), indent=2, ensure_ascii=False, allow_nan=False)


def _block(block: Block) -> dict[str, Any]:
    return {"type": type(block).__name__.lower(), **_plain(block)}


def _plain(value: object) -> Any:
    """Return what JSON can hold of a value: measurements come as data classes, paths, times, sets."""
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        # Half of a surrogate pair cannot be written as UTF-8.
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(str(one)) for one in value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return _plain(str(value))
