"""An observer: it has watched engines since it was installed, and says at any moment what it has seen."""

from __future__ import annotations

from typing import Any, Self

from greenshift.observe.snapshot import Snapshot


class Observer:
    """What :func:`greenshift.observe.install` returns; also a context manager, which closes it."""

    def snapshot(self) -> Snapshot:
        """Return what was seen so far, and how the pools and the process are now. Safe in any thread."""
        raise NotImplementedError

    @property
    def asgi(self) -> Any:
        """An ASGI application with ``/metrics`` (Prometheus) and ``/greenshift.json`` (the snapshot), to be mounted."""
        raise NotImplementedError

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve the same as :attr:`asgi` from a thread.

        Args:
            port: 0 for any that is free.
            host: an address of this machine; loopback, unless you mean others to read the statements' texts.

        Returns:
            The URL.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop observing; nothing is left in SQLAlchemy, no thread, no timer. Safe to call twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
