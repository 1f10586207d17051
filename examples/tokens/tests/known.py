"""What a client of the API knows: ids, not rows."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """The ids of a user, a provider and its connection."""

    user_id: uuid.UUID
    provider_id: uuid.UUID
    connection_id: uuid.UUID

    @property
    def headers(self) -> dict[str, str]:
        """The headers of this user's requests."""
        return {"X-User-Id": str(self.user_id)}

    @property
    def path(self) -> str:
        """The path of the connection."""
        return f"/connections/{self.connection_id}"
