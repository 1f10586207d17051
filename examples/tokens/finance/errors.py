"""What can go wrong in the services; main.py turns each into an HTTP status."""


class FinanceError(Exception):
    """The root of this application's errors."""

    status_code = 400


class NotFoundError(FinanceError):
    """The row does not exist, or belongs to somebody else."""

    status_code = 404


class ConflictError(FinanceError):
    """The row exists already."""

    status_code = 409


class NotConnectedError(FinanceError):
    """The connection has no token to work with."""

    status_code = 409


class RefreshFailedError(FinanceError):
    """The bank would not renew the token."""

    status_code = 502
