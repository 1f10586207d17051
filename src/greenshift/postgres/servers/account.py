"""The system user that runs PostgreSQL's programs, which refuse to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from greenshift.postgres.errors import ServerError


@dataclass(frozen=True)
class Account:
    """A system user.

    Args:
        user: the user's number.
        group: the number of the user's group.
        name: the user's name.
    """

    user: int
    group: int
    name: str

    @property
    def differs(self) -> bool:
        """Whether it is another user than the one who runs this process."""
        return self.user != os.geteuid()

    def can_reach(self, path: Path) -> bool:
        """Whether it may enter every folder above a path, and the path itself where that is a folder.

        Told from the permissions of owner, group and others; True for this process's own user, who finds out.
        """
        if not self.differs:
            return True
        absolute = path.absolute()
        for place in {absolute, *absolute.parents, *absolute.resolve().parents}:
            status = place.stat()
            if not stat.S_ISDIR(status.st_mode):
                continue
            if status.st_uid == self.user:
                wanted = stat.S_IXUSR
            else:
                wanted = stat.S_IXGRP if status.st_gid == self.group else stat.S_IXOTH
            if not status.st_mode & wanted:
                return False
        return True


def server_account() -> Account:
    """Return who shall run PostgreSQL: the present user, or for root ``postgres``, else ``nobody``.

    Raises:
        ServerError: this is root and the machine has neither user.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), str(os.geteuid()))
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise ServerError(
        "PostgreSQL refuses to run as root, and this machine has no user 'postgres' or 'nobody'",
        "add a user named postgres, or run the tests as an ordinary user",
    )
