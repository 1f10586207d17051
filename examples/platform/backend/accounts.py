"""What the backend reads of the auth service's tables: nothing but who is behind a login."""

from sqlalchemy import column, table

users = table("users", column("id"), column("email"), column("is_active"))
logins = table("logins", column("id"), column("user_id"), column("ended_at"))
