"""How many connections programs can open: the sum over services, instances, workers and pools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greenshift.check.facts import Engine, Program, Scope, Value
from greenshift.report.findings import Table


@dataclass(frozen=True, slots=True)
class PoolShare:
    """What the pool of one engine adds to the sum; a number that is not known is None.

    Attributes:
        program: the engine's program.
        engine: the engine.
        instances: how many instances of the program run.
        workers: the processes of one instance, each with a pool of its own.
        size: the connections that the pool keeps.
        overflow: those that it opens beyond them.
    """

    program: Program
    engine: Engine
    instances: int | None
    workers: int | None
    size: int | None
    overflow: int | None

    @property
    def service(self) -> str:
        """The service's name, for people."""
        return self.engine.service or self.program.name or "the program"

    @property
    def kept(self) -> int:
        """The connections that its pools surely may keep: a number that is not known counts as the lowest."""
        return (self.instances or 1) * (self.workers or 1) * (self.size or 0)

    @property
    def opened(self) -> int:
        """The connections that its pools surely may open, the overflow included."""
        return (self.instances or 1) * (self.workers or 1) * ((self.size or 0) + (self.overflow or 0))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The numbers that are not known."""
        numbers = {
            "instances": self.instances,
            "workers": self.workers,
            "pool_size": self.size,
            "max_overflow": self.overflow,
        }
        return tuple(name for name, number in numbers.items() if number is None)


def pool_shares(engines: Iterable[tuple[Program, Engine]]) -> list[PoolShare]:
    """Return what each engine's pool adds to the sum; an engine that is found twice counts once.

    Args:
        engines: the engines that use one server, each with its program.
    """
    shares: dict[tuple[str, str, str], PoolShare] = {}
    for program, engine in engines:
        deployment = program.deployment
        # An engine that a request or a function makes has no pool that lasts: how many there are is not known.
        lasts = engine.scope in (Scope.MODULE, Scope.CACHED)
        size = _number(engine.setting("pool_size")) if lasts and engine.is_queue else None
        overflow = _number(engine.setting("max_overflow")) if lasts and engine.is_queue else None
        share = PoolShare(
            program,
            engine,
            _number(deployment.instances),
            _number(deployment.workers),
            # 0 and -1 are no limits.
            size if size else None,
            overflow if overflow is not None and overflow >= 0 else None,
        )
        key = (share.service, engine.place.file, engine.name)
        # The same engine, read from source and built: what was built knows more.
        if key not in shares or len(share.unknown) < len(shares[key].unknown):
            shares[key] = share
    return list(shares.values())


def connection_table(shares: Sequence[PoolShare]) -> Table:
    """Return the sum for people.

    Args:
        shares: what each pool adds.
    """
    rows = [
        (
            share.service,
            share.engine.name,
            *(_shown(number) for number in (share.instances, share.workers, share.size, share.overflow)),
            ("at least " if share.unknown else "") + str(share.opened),
        )
        for share in shares
    ]
    total = sum(share.opened for share in shares)
    least = "at least " if any(share.unknown for share in shares) else ""
    return Table(
        "Connections that the services can open",
        ("service", "engine", "instances", "workers", "pool_size", "max_overflow", "total"),
        (*rows, ("sum", "", "", "", "", "", f"{least}{total}")),
    )


def connection_notes(shares: Sequence[PoolShare]) -> tuple[str, ...]:
    """Return one line for each engine of which a number is not known.

    Args:
        shares: what each pool adds.
    """
    return tuple(
        f"connections of {share.service}: {' and '.join(share.unknown)} of {share.engine.name} not known; "
        "the sum counts the least that it can be"
        for share in shares
        if share.unknown
    )


def _number(value: Value | None) -> int | None:
    known = value.known if value is not None else None
    return known if isinstance(known, int) and not isinstance(known, bool) else None


def _shown(number: int | None) -> str:
    return "unknown" if number is None else str(number)
