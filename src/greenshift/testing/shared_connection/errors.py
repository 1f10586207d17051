"""What cannot be done on a transaction that several logical connections share."""

from __future__ import annotations

from greenshift.postgres.errors import DatabaseError

USE_REWIND = 'mark the test with @pytest.mark.db(isolation="rewind"), where transactions are real'


class SharedTransactionError(DatabaseError):
    """Something that only separate, real transactions can do was asked of the shared one."""
