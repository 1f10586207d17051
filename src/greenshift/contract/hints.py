"""What to do about errors of drivers that tell nothing of models."""

from __future__ import annotations

import datetime as dt

from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


def hint_for(message: str, model: Model, rows: Rows) -> str:
    """Return what is likely wrong with the models; empty if nothing is known.

    Args:
        message: an error's text.
        model: whose test failed.
        rows: knows the models that its rows need.
    """
    if "offset-naive and offset-aware" in message:
        # asyncpg refuses what psycopg sends as a text, which the server casts.
        models = [model, *(rows.models[name] for name in sorted(rows.parents_needed(model.name)))]
        naive = [
            (f"{one.name}.{column.name}", column.has_default and not column.is_server_default)
            for one in models
            for column in one.columns.values()
            if column.python_type is dt.datetime and column.has_time_zone is False
        ]
        # The contract itself gives times that fit; a default need not.
        columns = [name for name, has_default in naive if has_default] or [name for name, _ in naive]
        named = " or ".join(columns) or "a column"
        return f"{named} is without a time zone and gets a time with one: DateTime(timezone=True)"
    if "MissingGreenlet" in message or "greenlet_spawn has not been called" in message:
        needs = [one.needs for one in model.relationships.values() if one.needs]
        return "something is loaded lazily: load it first" + (f", perhaps with {' or '.join(needs)}" if needs else "")
    return ""
