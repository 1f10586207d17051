"""What is to be compared, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenshift.load.comparison.targets import Target
from greenshift.load.step import Step


@dataclass(frozen=True)
class VersionPlan:
    """One version to be served.

    Args:
        label: ``before``, ``after`` or ``application``.
        given: a folder, or a git revision of the current folder's repository.
        python: its interpreter; this one by default.
        variables: further environment variables; ``{url}``, ``{host}``... are filled in.
    """

    label: str
    given: str
    python: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A comparison, or the load on one application.

    Args:
        versions: one or two to be served; none where ``url`` is given.
        url: an application that runs already, on this machine.
        app: ``module:attribute``; None takes it from ``[tool.greenshift]``.
        scenario: the scenario's file; None makes one from the application's OpenAPI document.
        steps: the loads, one after the other.
        rounds: how often all of it is done.
        workers: uvicorn's, for each version.
        generator_workers: Locust's.
        targets: what is to be reached.
        prepare: what fills the empty database: commands, or SQL files.
        delay: the round trip to add to the database's, in seconds.
        pool_size: another size for all pools.
        max_overflow: likewise.
    """

    versions: tuple[VersionPlan, ...]
    steps: tuple[Step, ...]
    url: str | None = None
    app: str | None = None
    scenario: Path | None = None
    rounds: int = 3
    workers: int = 1
    generator_workers: int = 1
    targets: tuple[Target, ...] = ()
    prepare: tuple[str, ...] = ()
    delay: float = 0.0
    pool_size: int | None = None
    max_overflow: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a comparison has come.

    Args:
        doing: what is done now, in a few words.
        done: measurements that are done.
        total: how many there will be.
        finished: what the last measurement found, in a line; empty where none has just ended.
    """

    doing: str
    done: int
    total: int
    finished: str = ""


Tell = Callable[[Progress], None]
