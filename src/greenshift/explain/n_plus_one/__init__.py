"""Loops that ask the database once for each row where one query would do."""

from __future__ import annotations

from greenshift.explain.n_plus_one.detector import Detector

__all__ = ["Detector"]
