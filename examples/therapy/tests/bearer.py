"""Requests made in a user's name."""

from app.auth.utils import create_access_token
from app.models.db_models import User

PASSWORD = "testpass123"


def bearer(user: User) -> dict[str, str]:
    """Return the headers of a request by this user."""
    return {"Authorization": f"Bearer {create_access_token(user.id)}"}
