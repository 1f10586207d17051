"""The fixtures that are being set up at the moment, and the warning to those whose rows will not last."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITES = re.compile(
    r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*(insert|update|delete|merge|truncate|copy|create|alter|drop)\b", re.I | re.S
)


class WideFixtureWarning(UserWarning):
    """A fixture that several tests share wrote to the database, which is rewound after the first of them.

    Args:
        name: the fixture.
        scope: its scope.
    """

    def __init__(self, name: str, scope: str) -> None:
        super().__init__(
            f"fixture {name!r} (scope={scope!r}) wrote to the database, which is rewound after each test: "
            "later tests will not see what it wrote; make it function-scoped, or put the rows under 'seed' in "
            "[tool.greenshift]"
        )


@dataclass
class SetUpFixture:
    """A fixture whose set-up is running.

    Args:
        name: the fixture.
        scope: its scope.
        wrote: whether it is shared by several tests and wrote to the database.
    """

    name: str
    scope: str
    wrote: bool = False

    def sent(self, sql: str) -> None:
        """Take note of a statement that it sent."""
        if self.scope != "function" and _WRITES.match(sql):
            self.wrote = True
