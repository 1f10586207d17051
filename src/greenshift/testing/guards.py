"""Guards that look at what a test did: an N+1, a blocking call in the event loop. Nothing of theirs runs while off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenshift.config import Config
from greenshift.testing.record import TestRecord

if TYPE_CHECKING:
    from greenshift.explain import Explanation
    from greenshift.explain.blocking import BlockingWatch
    from greenshift.explain.n_plus_one import Detector


class Guards:
    """The guards of a run.

    Args:
        config: the project's configuration.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._detector: Detector | None = None
        self._blocking: BlockingWatch | None = None
        self._blocked: list[Explanation] = []

    def begin(self, test: TestRecord) -> None:
        """Start those that are on for a test."""
        self._blocked = []
        if test.n_plus_one != "off" or self._config.unused_eager_loads:
            from greenshift.explain.n_plus_one import Detector

            self._detector = Detector(
                ignored_paths=self._config.n_plus_one_ignore,
                root=self._config.root,
                unused_eager_loads=self._config.unused_eager_loads,
            )
            self._detector.start()
        if test.blocking != "off":
            from greenshift.explain.blocking import BlockingWatch

            self._blocking = BlockingWatch(
                mode="warn" if test.blocking == "warn" else "error",
                report=self._blocked.append,
                ignored_paths=self._config.blocking_ignore,
                root=self._config.root,
            )
            self._blocking.start()

    def end(self, test: TestRecord) -> list[str]:
        """End them. What those that warn found is added to the test's warnings.

        Returns:
            What those found that fail the test.
        """
        problems: list[str] = []
        if self._detector is not None:
            self._detector.close()
            if test.n_plus_one != "off":
                self._say(test, test.n_plus_one, self._detector.findings(), problems)
            # Advice never fails a test.
            self._say(test, "warn", self._detector.advice(), problems)
            self._detector = None
        if self._blocking is not None:
            self._blocking.close()
            self._say(test, test.blocking, self._blocked, problems)
            self._blocking = None
        return [] if test.failed else problems

    @staticmethod
    def _say(test: TestRecord, mode: str, found: list[Explanation], problems: list[str]) -> None:
        said = problems if mode == "error" else test.warnings
        said += [str(explanation) for explanation in dict.fromkeys(found)]
