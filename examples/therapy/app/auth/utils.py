"""Password hashes (scrypt) and signed tokens (HMAC-SHA256), from the standard library only."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from uuid import UUID

from app.settings import settings


def get_password_hash(password: str) -> str:
    """Hash a password with a new salt; the cost is stored with it, so raising the cost breaks no login."""
    salt = secrets.token_bytes(16)
    return f"{settings.scrypt_cost}${salt.hex()}${_scrypt(password, salt, settings.scrypt_cost).hex()}"


def verify_password(password: str, hashed_password: str) -> bool:
    """Tell whether `hashed_password` was made from `password`."""
    cost, salt, expected = hashed_password.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt), int(cost)), bytes.fromhex(expected))


def create_access_token(user_id: UUID, *, seconds: float | None = None) -> str:
    """Sign a token that names the user and expires after `seconds` (default: the setting)."""
    expires = time.time() + (settings.token_seconds if seconds is None else seconds)
    payload = base64.urlsafe_b64encode(json.dumps({"sub": str(user_id), "exp": expires}).encode())
    return f"{payload.decode()}.{_signature(payload)}"


def read_access_token(token: str) -> UUID | None:
    """Return the user named by a token, or None when it is forged, damaged or expired."""
    payload, _, signature = token.encode().partition(b".")
    if not hmac.compare_digest(_signature(payload).encode(), signature):
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload))
        return UUID(claims["sub"]) if claims["exp"] > time.time() else None
    except (binascii.Error, ValueError, KeyError):
        return None


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=8, p=1)


def _signature(payload: bytes) -> str:
    return hmac.new(settings.secret, payload, hashlib.sha256).hexdigest()
