"""A base for adapters to models that come in pairs: a sync and an async class whose methods have the same names."""

from greenshift.contract.paired.adapter import PairedAdapter
from greenshift.contract.paired.describing import column_of, completed
from greenshift.contract.paired.session import PairedSession

__all__ = ["PairedAdapter", "PairedSession", "column_of", "completed"]
