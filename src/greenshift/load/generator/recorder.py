"""What one process of the generator counts."""

from __future__ import annotations

from typing import Any

from greenshift.load.generator.window import Window
from greenshift.load.latency import LatencyHistogram

_EXAMPLE = 200  # characters


class Recorder:
    """Counts answers and failures, by endpoint and by second.

    Args:
        window: what is measured.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._endpoints: dict[str, _Endpoint] = {}
        self._failures: dict[tuple[str, str, bool], list[Any]] = {}
        self._seconds: dict[int, list[float]] = {}

    def answered(
        self, name: str, begun: float, ended: float, *, counted: bool, problem: str, timeout: bool, example: bytes
    ) -> None:
        """Take note of an answer, or of a request that was given up.

        Args:
            name: the endpoint's.
            begun: when the request began, or was due.
            ended: when it was answered or given up.
            counted: whether it began in the window.
            problem: in what way it failed, or an empty text.
            timeout: whether it was given up.
            example: the answer's body, if it failed.
        """
        latency = ended - begun
        if counted:
            endpoint = self._endpoints.get(name)
            if endpoint is None:
                endpoint = self._endpoints[name] = _Endpoint()
            endpoint.latency.add(latency)
            if problem:
                if timeout:
                    endpoint.timeouts += 1
                else:
                    endpoint.errors += 1
                self._failed(name, problem, timeout, example)
            self._window.answered(ended)
        # Asked after: the last of a number of requests is what ends the window, and belongs to it.
        if self._window.holds(ended, counted=counted):
            second = self._seconds.setdefault(int(ended - self._window.begin), [0, 0, 0, 0.0])
            second[0] += 1
            if problem:
                second[2 if timeout else 1] += 1
            second[3] += latency

    def report(self) -> dict[str, Any]:
        """Return all as data for JSON."""
        return {
            "endpoints": {
                name: {"errors": one.errors, "timeouts": one.timeouts, "latency": one.latency.as_dict()}
                for name, one in self._endpoints.items()
            },
            "failures": [
                {"endpoint": name, "problem": problem, "timeout": timeout, "count": count, "example": example}
                for (name, problem, timeout), (count, example) in self._failures.items()
            ],
            "seconds": [[second, *sums] for second, sums in sorted(self._seconds.items())],
        }

    def _failed(self, name: str, problem: str, timeout: bool, example: bytes) -> None:
        known = self._failures.get((name, problem, timeout))
        if known is None:
            text = " ".join(example[: 2 * _EXAMPLE].decode("utf-8", "replace").split())[:_EXAMPLE]
            self._failures[name, problem, timeout] = [1, text]
        else:
            known[0] += 1


class _Endpoint:
    __slots__ = ("errors", "latency", "timeouts")

    def __init__(self) -> None:
        self.errors = 0
        self.timeouts = 0
        self.latency = LatencyHistogram()
