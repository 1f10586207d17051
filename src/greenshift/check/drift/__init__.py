"""Several services, and several environments, side by side."""

from greenshift.check.drift.reading import read_services
from greenshift.check.drift.tables import service_notes, service_tables

__all__ = ["read_services", "service_notes", "service_tables"]
