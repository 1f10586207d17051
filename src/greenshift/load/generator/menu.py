"""What a user sends next: chosen by weight among what can be sent."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from greenshift.load.generator.requests import PreparedTask


class Menu:
    """Chooses tasks for one user.

    Args:
        tasks: all there are.
        random: the user's own choices.
    """

    def __init__(self, tasks: Sequence[PreparedTask], random: Random) -> None:
        self._tasks = tasks
        self._random = random
        self._for: frozenset[str] | None = None
        self._possible: list[PreparedTask] = []
        self._bounds: list[float] = []

    def choose(self, taken: frozenset[str]) -> PreparedTask | None:
        """Return a task.

        Args:
            taken: the names for which something was taken from answers.

        Returns:
            The task; None where every one needs something that was not taken.
        """
        if taken != self._for:
            self._for = taken
            self._possible = [task for task in self._tasks if task.needs <= taken]
            self._bounds = list(accumulate(task.weight for task in self._possible))
        if not self._possible:
            return None
        # A sum of fractions may round to the last bound itself.
        place = bisect(self._bounds, self._random.random() * self._bounds[-1])
        return self._possible[min(place, len(self._possible) - 1)]
