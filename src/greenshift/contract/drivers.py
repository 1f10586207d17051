"""Which driver the async flavour of SQLAlchemy's models uses."""

from __future__ import annotations

import importlib.util
from typing import Final

from greenshift.contract.errors import ContractError

ASYNC_DRIVERS: Final = ("asyncpg", "psycopg")


def chosen_driver(named: str | None, configured: str | None = None) -> str:
    """Return a driver that is installed.

    Args:
        named: the one that must be used; None to choose.
        configured: that of ``[tool.greenshift]``, used where it is installed; without it asyncpg comes first.

    Raises:
        ContractError: there is no such driver, or it is not installed.
    """
    if named is None:
        first = [configured] if configured in ASYNC_DRIVERS else []
        named = next((one for one in (*first, *ASYNC_DRIVERS) if _is_installed(one)), ASYNC_DRIVERS[0])
    elif named not in ASYNC_DRIVERS:
        raise ContractError(f"there is no driver {named!r} with async sessions", f"name {' or '.join(ASYNC_DRIVERS)}")
    if not _is_installed(named):
        raise ContractError(f"the driver {named} is not installed", f"pip install {named}, or name another")
    return named


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
