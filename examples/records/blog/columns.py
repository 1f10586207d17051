"""What the sync and the async model of a table share: its columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from records import Record, column


class UserColumns(Record):
    TABLE_NAME = "users"

    id: int = column(generated=True)
    name: str
    email: str = column(unique=True)
    created_at: datetime = column(server_default=True)
    metadata: dict[str, Any] | None = column(jsonb=True)


class PostColumns(Record):
    TABLE_NAME = "posts"

    id: int = column(generated=True)
    user_id: int
    title: str
    content: str
    created_at: datetime = column(server_default=True)


class RoleColumns(Record):
    TABLE_NAME = "roles"

    id: int = column(generated=True)
    name: str = column(unique=True)


class UserRoleColumns(Record):
    TABLE_NAME = "user_roles"
    PRIMARY_KEY_DB_NAMES = ("user_id", "role_id")

    user_id: int
    role_id: int
    assigned_at: datetime = column(server_default=True)
