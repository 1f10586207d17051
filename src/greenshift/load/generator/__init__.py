"""The load generator: Locust, headless, in processes of its own."""

from __future__ import annotations

from greenshift.load.generator.driving import drive

__all__ = ["drive"]
