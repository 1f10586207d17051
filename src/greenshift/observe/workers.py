"""Several processes that answer on one port: whichever Prometheus reaches, it answers for all of them.

Each worker answers on a socket of its own in a folder that all share; nothing is written while nobody asks.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from greenshift.observe.errors import ObserveError
from greenshift.observe.snapshot import Snapshot, snapshot_from

# Seconds that another worker has to answer in, from a thread that waits for nobody.
_PATIENCE: Final = 2.0
_SUFFIX: Final = ".sock"


class Workers:
    """This worker among the others.

    Args:
        folder: shared by the workers of one application on this machine, and by nobody else.
        own: gives the snapshot of this worker.

    Raises:
        ObserveError: sockets cannot be made in the folder.
    """

    def __init__(self, folder: Path, own: Callable[[], Snapshot]) -> None:
        self.folder = folder
        self._own = own
        self._path = folder / f"{os.getpid()}{_SUFFIX}"
        self._closed = False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(self._path))
        except (AttributeError, OSError) as error:
            raise ObserveError(
                f"no socket can be made in {folder}: {error}", "give a folder with a short path"
            ) from None
        self._socket.listen(16)
        self._thread = threading.Thread(target=self._answer, name="greenshift-workers", daemon=True)
        self._thread.start()

    def snapshots(self) -> list[Snapshot]:
        """Return the snapshots of all workers that live, this one's first."""
        found = [self._own()]
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            if path != self._path and (other := _ask(path)) is not None:
                found.append(other)
        return found

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
        self._path.unlink(missing_ok=True)
        # Closing alone does not wake who accepts.
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._thread.join(timeout=5)

    def abandon(self) -> None:
        """Let go of the socket in a forked child, whose parent goes on answering."""
        self._socket.close()

    def _answer(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(_PATIENCE)
                try:
                    connection.sendall(json.dumps(self._own().as_dict()).encode())
                except OSError:
                    continue


def _ask(path: Path) -> Snapshot | None:
    """Return another worker's snapshot; None where it is gone, or stopped."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(path))
            pieces = []
            while piece := connection.recv(65536):
                pieces.append(piece)
            return snapshot_from(json.loads(b"".join(pieces)))
        except ConnectionRefusedError:
            # It was ended without a chance to remove it.
            path.unlink(missing_ok=True)
        except (OSError, ValueError, KeyError):
            pass
    return None
