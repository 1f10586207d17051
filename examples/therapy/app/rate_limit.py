"""A limit on how often a user may do something."""

import math
import time
from collections import defaultdict, deque
from uuid import UUID


class RateLimit:
    """A sliding window of one minute for each user, kept in this process's memory."""

    WINDOW_SECONDS = 60.0

    def __init__(self) -> None:
        self._uses: defaultdict[UUID, deque[float]] = defaultdict(deque)

    def use(self, user_id: UUID, limit: int) -> int:
        """Count one use and return 0, or return the seconds to wait when `limit` uses are in the window."""
        now = time.monotonic()
        uses = self._uses[user_id]
        while uses and uses[0] <= now - self.WINDOW_SECONDS:
            uses.popleft()
        if len(uses) >= limit:
            return math.ceil(uses[0] + self.WINDOW_SECONDS - now)
        uses.append(now)
        return 0
