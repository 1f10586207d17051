"""The models of the blog for Greenshift's contract."""

from __future__ import annotations

from pathlib import Path

from blog import async_models, models
from records.contract_adapter import RecordsAdapter

RECORDS = RecordsAdapter(
    pairs=[
        (models.User, async_models.AsyncUser),
        (models.Post, async_models.AsyncPost),
        (models.Role, async_models.AsyncRole),
        (models.UserRole, async_models.AsyncUserRole),
    ],
    schema=Path(__file__).parents[1] / "blog" / "schema.sql",
)
