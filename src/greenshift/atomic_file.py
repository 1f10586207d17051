"""A file replaced in one step: whoever reads it sees the old content or the new one, whenever the process ends."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Give a file a content in one step; the rights of a file that exists stay, and a link leads on to its file.

    Args:
        path: the file, in a folder that exists.
        content: what it is to hold.

    Raises:
        OSError: it cannot be written; nothing was changed.
    """
    path = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_mask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mask() -> int:
    """Return the process's mask of rights, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
