"""The drivers that an application's URL may name."""

from __future__ import annotations

import importlib

from greenshift.errors import ConfigurationError

_DRIVER_MODULES = {"asyncpg": "asyncpg", "psycopg": "psycopg", "sqlite": "aiosqlite"}


def require_driver(driver: str) -> None:
    """Check that the configured driver can be imported.

    Raises:
        ConfigurationError: it is not installed.
    """
    module = _DRIVER_MODULES[driver]
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            f"driver = {driver!r} needs {module}, which is not installed: {error}",
            f"pip install 'greenshift[{driver}]', or choose another driver",
        ) from error
