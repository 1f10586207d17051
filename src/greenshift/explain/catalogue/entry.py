"""What an entry of the catalogue is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure


class Entry(ABC):
    """One kind of error.

    Attributes:
        kind: its name, in a few lower-case words; the ``kind`` of its explanations.
        title: one line for the documentation's table.
        source: the documentation page or issue on which the explanation rests.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]

    @abstractmethod
    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if the failure is of this kind, else None.

        Args:
            failure: a live exception, or a pasted traceback without variables and facts.
        """
