"""Why a server did not start, in words for the user."""

from __future__ import annotations

import errno
import re

from greenshift.postgres.errors import DiskFullError, ServerError
from greenshift.postgres.servers.binaries import Programs
from greenshift.postgres.servers.location import Location


class StartError(Exception):
    """A supervisor's report that its server could not be started; ``stage`` tells which step failed."""

    def __init__(self, stage: str, message: str, number: int | None) -> None:
        super().__init__(message)
        self.stage = stage
        self.message = message
        self.number = number

    @property
    def is_disk_full(self) -> bool:
        """Whether the folder had no room."""
        return self.number in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in self.message

    @property
    def is_port_taken(self) -> bool:
        """Whether another process was faster to take the TCP port."""
        return "Address already in use" in self.message or "could not bind" in self.message


def explained(failure: StartError, programs: Programs, location: Location) -> ServerError:
    """Turn a supervisor's report of a failure into an error for the user, in one line."""
    if failure.is_disk_full:
        return DiskFullError(
            f"no room for the server's data in {location.parent}",
            'free some space there, or choose another place: data = "disk", TMPDIR, or directory',
        )
    reason = first_reason(failure.message)
    if failure.stage == "directory":
        return ServerError(
            f"the server's folder cannot be made in {location.parent}: {reason}",
            "choose another folder: TMPDIR, or directory in the server's settings",
        )
    if "configuration" in reason or "parameter" in reason:
        fix = "correct the server's settings; PostgreSQL's documentation lists those of this version"
    else:
        fix = 'look at the reason; provider = "installed", or a URL, takes another server'
    what = f"{failure.stage} of" if failure.stage in ("initdb", "pg_basebackup") else "the server of"
    return ServerError(f"{what} {programs.bin_directory} failed: {reason}", fix)


def first_reason(log: str) -> str:
    """Return the line of PostgreSQL's log that says why it did not start."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for pattern in (
        r"(?:FATAL|PANIC): +(.*)",
        r"(?:LOG|ERROR): +(.*(?:invalid|unrecognized|parameter).*)",
        r"error: +(.*)",
    ):
        reasons = [found.group(1) for line in lines if (found := re.search(pattern, line))]
        useful = [reason for reason in reasons if "contains errors" not in reason]
        if useful:
            return re.sub(r' in file "[^"]*" line \d+$', "", useful[0])
    return lines[-1] if lines else "no reason given"
