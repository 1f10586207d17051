"""The Grafana dashboard that goes with the Prometheus metrics: ``grafana.json`` in this folder, ready for import."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("grafana.json")
