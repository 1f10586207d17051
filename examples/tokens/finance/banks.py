"""The banks that can be connected. The sandbox answers in the process; a real one would be an HTTP client."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from finance.errors import FinanceError


class BankRefusedError(FinanceError):
    """The bank did not accept a code or a token."""

    status_code = 502


@dataclass(frozen=True)
class Grant:
    """The tokens that a bank handed out; `expires_in` in seconds."""

    access_token: str
    refresh_token: str | None = None
    expires_in: int = 3600
    scope: str = "accounts"


class Bank(Protocol):
    """What the application needs of a bank."""

    async def exchange(self, code: str) -> Grant:
        """Turn the code of the authorization redirect into tokens."""

    async def renew(self, refresh_token: str) -> Grant:
        """Turn a refresh token into new tokens."""

    async def balance(self, access_token: str) -> int:
        """Return the balance in cents."""


@dataclass
class SandboxBank:
    """A bank that knows its tokens; each renewal hands out a new refresh token and forgets the old one."""

    expires_in: int = 3600
    rotates: bool = True
    renewals: int = 0
    issued: int = 0
    valid: set[str] = field(default_factory=set)

    def _grant(self, refresh_token: str | None) -> Grant:
        self.issued += 1
        access = f"access-{self.issued}"
        refresh = refresh_token or f"refresh-{self.issued}"
        self.valid |= {access, refresh}
        return Grant(access, refresh, self.expires_in)

    async def exchange(self, code: str) -> Grant:
        """Accept any code but "denied"."""
        await asyncio.sleep(0)
        if code == "denied":
            raise BankRefusedError("the bank did not accept the code")
        return self._grant(None)

    async def renew(self, refresh_token: str) -> Grant:
        """Accept a refresh token that was issued and not used yet."""
        self.renewals += 1
        await asyncio.sleep(0.002)
        if refresh_token not in self.valid:
            raise BankRefusedError("the refresh token is not valid")
        if not self.rotates:
            return self._grant(refresh_token)
        self.valid.discard(refresh_token)
        return self._grant(None)

    async def balance(self, access_token: str) -> int:
        """Return 1234.56 to the bearer of any token that was issued."""
        await asyncio.sleep(0)
        if access_token not in self.valid:
            raise BankRefusedError("the access token is not valid")
        return 123_456


BANKS: dict[str, Bank] = {"sandbox": SandboxBank()}


def bank_named(name: str) -> Bank:
    """Return the bank of this name.

    Raises:
        BankRefusedError: no such bank is known.
    """
    try:
        return BANKS[name]
    except KeyError:
        raise BankRefusedError(f"no bank is called {name!r}") from None
