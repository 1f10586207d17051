"""Rollback mode: one transaction that sync and async engines share and that never commits."""

from greenshift.testing.shared_connection.errors import SharedTransactionError
from greenshift.testing.shared_connection.shared import RollbackReport, SharedConnection

__all__ = ["RollbackReport", "SharedConnection", "SharedTransactionError"]
