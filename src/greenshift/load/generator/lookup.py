"""What placeholders stand for, for one user."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from random import Random
from typing import Any

from greenshift.load.scenario import Data, Scenario
from greenshift.load.scenario.dotted_path import is_many, value_at

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def in_base_36(number: int) -> str:
    """Return a number above 0 as digits and small letters."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


class MissingValueError(LookupError):
    """A placeholder's value was not taken from any answer yet."""


class Shared:
    """What the users of one process share: how far each ``next`` went, and what is unique.

    Args:
        scenario: whose data.
        run: what ``{unique}`` begins with: of the same length in all runs.
        worker: the process's number among the workers, from 0.
        workers: how many there are: each takes every so many-th value of ``next``.
    """

    def __init__(self, scenario: Scenario, run: str, worker: int, workers: int) -> None:
        self.data: Mapping[str, Data] = scenario.data
        self._run = run
        # Each worker takes every so many-th number: none comes twice.
        self._unique = count(workers + worker, workers)
        self._next = {name: count(worker, workers) for name in scenario.data}

    def unique(self) -> str:
        """Return a text that no other request of any run gets."""
        return self._run + in_base_36(next(self._unique))

    def following(self, name: str) -> int:
        """Return which value of some data is the next."""
        return next(self._next[name])


class Lookup:
    """The values of one user; a name keeps its value within one task.

    Args:
        shared: what all users of the process share.
        number: the user's number over all processes, from 0.
        random: the user's own choices.
    """

    def __init__(self, shared: Shared, number: int, random: Random) -> None:
        self._shared = shared
        self._number = number
        self._random = random
        self._kept: dict[str, Any] = {}
        self._taken: dict[str, Any] = {}
        self._many: set[str] = set()

    @property
    def taken(self) -> frozenset[str]:
        """The names for which something was taken from an answer."""
        return frozenset(name for name, value in self._taken.items() if name not in self._many or value)

    def begin_task(self) -> None:
        """Forget which values were chosen for the last task."""
        self._kept.clear()

    def take(self, name: str, path: str, answer: Any) -> None:
        """Keep a value of an answer.

        Raises:
            NothingThere: the answer has none.
        """
        self._taken[name] = value_at(answer, path)
        if is_many(path):
            self._many.add(name)
        else:
            self._many.discard(name)
        self._kept.pop(name, None)

    def __call__(self, dotted: str) -> Any:
        """Return what a placeholder stands for.

        Raises:
            MissingValueError: nothing yet.
        """
        name, _, rest = dotted.partition(".")
        if name == "unique":
            return self._shared.unique()
        if name not in self._kept:
            self._kept[name] = self._chosen(name)
        value = self._kept[name]
        return value_at(value, rest) if rest else value

    def _chosen(self, name: str) -> Any:
        if name == "user":
            return self._number
        data = self._shared.data.get(name)
        if data is not None:
            return self._of(name, data)
        if name not in self._taken or (name in self._many and not self._taken[name]):
            raise MissingValueError(name)
        return self._random.choice(self._taken[name]) if name in self._many else self._taken[name]

    def _of(self, name: str, data: Data) -> Any:
        low, high = data.numbers or (0, len(data.values) - 1)
        if data.pick == "random":
            place = self._random.randint(low, high)
        else:
            number = self._number if data.pick == "user" else self._shared.following(name)
            place = low + number % (high - low + 1)
        return place if data.numbers else data.values[place]
