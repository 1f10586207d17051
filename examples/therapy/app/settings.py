"""What an operator may set, read once from the environment."""

import os
import secrets
from dataclasses import dataclass, field


@dataclass
class Settings:
    """The application's settings.

    `scrypt_cost` is the work factor of new password hashes (a power of two); `token_seconds` is how long a
    login lasts; `uploads_per_minute` is how many transcripts a therapist may upload in any 60 seconds.
    """

    # Without a configured secret every restart logs everybody out, which is safe.
    secret: bytes = field(
        default_factory=lambda: os.environ.get("THERAPY_SECRET", "").encode() or secrets.token_bytes(32)
    )
    scrypt_cost: int = field(default_factory=lambda: int(os.environ.get("THERAPY_SCRYPT_COST", 2**14)))
    token_seconds: int = field(default_factory=lambda: int(os.environ.get("THERAPY_TOKEN_SECONDS", 3600)))
    uploads_per_minute: int = field(default_factory=lambda: int(os.environ.get("THERAPY_UPLOADS_PER_MINUTE", 5)))


settings = Settings()
