"""``python -m greenshift.load.generator`` prints where the Locust file is."""

from __future__ import annotations

from greenshift.load.generator.process import LOCUSTFILE

print(LOCUSTFILE)
