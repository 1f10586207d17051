"""What every behaviour is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Behaviour(ABC):
    """One thing that models can do; run twice, sync and async, on an empty database.

    Attributes:
        name: in a test's id.
        title: what is tried, for people.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether a model has what this is about; without it there is no test."""
        return True

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return what of a model is tried, each in a test of its own; an empty name stands for the model."""
        return [""] if self.applies(model, rows) else []

    @abstractmethod
    async def run(self, scene: Scene, subject: str) -> Any:
        """Try it.

        Args:
            scene: the model, rows and sessions.
            subject: one of ``subjects``.

        Returns:
            What was seen, without what differs from run to run; the same in both flavours.

        Raises:
            ContractFailure: the model does not behave so.
        """
