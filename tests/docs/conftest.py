"""The projects of the pages are run by the pages."""

from __future__ import annotations

collect_ignore = ["projects"]
