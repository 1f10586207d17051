"""What a generator has to do, as its master tells its workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from greenshift.load.scenario import Scenario, scenario_as_dict, scenario_from_dict
from greenshift.load.step import Step


@dataclass(frozen=True, slots=True)
class Job:
    """One step of load to be driven.

    Attributes:
        scenario: what is sent.
        step: how much, and for how long.
        seed: of the random choices.
        run: what ``{unique}`` begins with: another one for every run.
        workers: how many processes share the load.
    """

    scenario: Scenario
    step: Step
    seed: int
    run: str
    workers: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as data for JSON; `from_dict` takes it back."""
        return {**asdict(self), "scenario": scenario_as_dict(self.scenario)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Job:
        """Return the job that `as_dict` described."""
        return cls(**{**data, "scenario": scenario_from_dict(data["scenario"]), "step": Step(**data["step"])})
