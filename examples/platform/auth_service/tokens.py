"""The tokens that the other services accept."""

import time
from uuid import UUID

import jwt

from auth_service.settings import settings


def create_token(user_id: UUID, login_id: UUID) -> str:
    """Sign a token that names the user and the login."""
    now = int(time.time())
    claims = {"sub": str(user_id), "jti": str(login_id), "iat": now, "exp": now + settings.token_seconds}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm="HS256")


def read_login(token: str) -> UUID | None:
    """Return the login that a token names, or None when it is forged, damaged or expired."""
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=["HS256"],
            options={"require": ["sub", "jti", "exp"]},
        )
        return UUID(claims["jti"])
    except (jwt.InvalidTokenError, ValueError):
        return None
