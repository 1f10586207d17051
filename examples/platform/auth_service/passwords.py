"""Password hashes (scrypt), made in a thread: they take long on purpose."""

import asyncio
import hashlib
import hmac
import secrets

from auth_service.settings import settings


async def hash_password(password: str) -> str:
    """Hash a password with a new salt; the cost is stored with it."""
    salt = secrets.token_bytes(16)
    digest = await asyncio.to_thread(_scrypt, password, salt, settings.scrypt_cost)
    return f"{settings.scrypt_cost}${salt.hex()}${digest.hex()}"


async def verify_password(password: str, hashed_password: str) -> bool:
    """Tell whether a hash was made from a password."""
    cost, salt, expected = hashed_password.split("$")
    digest = await asyncio.to_thread(_scrypt, password, bytes.fromhex(salt), int(cost))
    return hmac.compare_digest(digest, bytes.fromhex(expected))


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=8, p=1)
