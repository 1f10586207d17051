"""The environment variables that lead an application to its database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from greenshift.config import Config
from greenshift.postgres import Address

DEFAULT_VARIABLE: Final = "DATABASE_URL"
_PLACE: Final = re.compile(r"\{(?:url|host|port|user|password|database)\}")


def forms_of(config: Config) -> Mapping[str, str | None]:
    """Return the variables that lead to the database, each with its form: a driver's name, a template, or None.

    Args:
        config: of the application.
    """
    return config.env or {DEFAULT_VARIABLE: None}


def is_template(form: str) -> bool:
    """Return whether there is something to fill in."""
    return _PLACE.search(form) is not None


def filled(template: str, address: Address, database: str, url: str) -> str:
    """Return a template with its places filled in: ``{url}``, ``{host}``, ``{port}``, ``{user}``, ``{password}``,
    ``{database}``. Other braces stay.

    Args:
        template: the text.
        address: where the server is.
        database: the database's name.
        url: its URL.
    """
    values = {
        "{url}": url,
        "{host}": address.host,
        "{port}": str(address.port),
        "{user}": address.user,
        "{password}": address.password or "",
        "{database}": database,
    }
    return _PLACE.sub(lambda match: values[match[0]], template)
