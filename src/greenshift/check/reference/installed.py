"""Which drivers a project's requirements bring."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from greenshift.check.facts import Requirements
from greenshift.check.reference.drivers import ASYNC_DRIVERS, DISTRIBUTIONS, EXTRAS


def brings(requirements: Requirements, driver: str) -> bool:
    """Return whether requirements name a driver: its distribution, or SQLAlchemy's extra for it.

    Args:
        requirements: the project's requirements.
        driver: the driver, as in a URL.
    """
    wanted = EXTRAS.get(driver, ())
    return any(requirements.has(name) for name in DISTRIBUTIONS.get(driver, ())) or any(
        canonicalize_name(extra) in wanted
        for requirement, _ in requirements.of("sqlalchemy")
        for extra in requirement.extras
    )


def async_driver(requirements: Requirements, dialect: str) -> str:
    """Return the one asyncio driver that a project has for a database; "" if that is not one.

    Args:
        requirements: the project's requirements.
        dialect: the database, as in a URL.
    """
    drivers = [driver for driver in ASYNC_DRIVERS.get(dialect, ()) if not driver.endswith("_async")]
    named = [driver for driver in drivers if brings(requirements, driver)]
    if not named and (dialect == "postgresql" or len(drivers) == 1):
        return drivers[0]
    return named[0] if len(named) == 1 else ""
