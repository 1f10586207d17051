"""What one must know before one trusts the figures."""

from __future__ import annotations

import math
import re
from typing import Final

from greenshift.load.comparison.figures import written
from greenshift.load.comparison.targets import FAILED
from greenshift.load.plan import Plan
from greenshift.load.results import Inside, Load, PoolSettings

_FIGURE: Final = re.compile(r"\d[\d.,]*")


def warnings_of(load: Load, plan: Plan) -> tuple[str, ...]:
    """Return what does not fit, a line each.

    Args:
        load: what was measured.
        plan: what was wanted.
    """
    return (*_invalid(load), *_pools(load, plan), *_failed(load), *_locked(load), *_rounds(load), *_notes(load))


def _invalid(load: Load) -> list[str]:
    found: dict[str, str] = {}
    for one in load.measurements:
        if one.driven.saturated:
            found.setdefault(one.step.label, one.driven.reason)
    return [f"{step}: invalid, the load generator was the bottleneck: {reason}" for step, reason in found.items()]


def _pools(load: Load, plan: Plan) -> list[str]:
    pools = {version.label: _used(load, version.label) for version in load.versions}
    found = []
    limits = {label: sum(pool.limit for pool in used) for label, used in pools.items() if used}
    if len(set(limits.values())) > 1:
        each = "; ".join(f"{label}: {', '.join(pool.words for pool in pools[label])}" for label in limits)
        found.append(
            f"The pools differ, so the comparison is not fair: {each}. Give both the same with --pool-size and "
            "--max-overflow."
        )
    for label, used in pools.items():
        for pool in used:
            wrong = [
                f"{name} {is_now}"
                for name, wanted, is_now in (
                    ("pool_size", plan.pool_size, pool.size),
                    ("max_overflow", plan.max_overflow, pool.max_overflow),
                )
                if wanted is not None and wanted != is_now
            ]
            if wrong:
                found.append(
                    f"{label}: --pool-size and --max-overflow did not reach its {pool.kind}, which has "
                    f"{' and '.join(wrong)}: its engine is not made from the URL that it is given."
                )
    return found


def _used(load: Load, label: str) -> tuple[PoolSettings, ...]:
    inside = _inside(load, label)
    return inside.pools if inside is not None else ()


def _inside(load: Load, label: str) -> Inside | None:
    return next((one.inside for one in load.measurements if one.version == label and one.inside is not None), None)


def _failed(load: Load) -> list[str]:
    found = []
    for version in load.versions:
        of_version = [one for one in load.measurements if one.version == version.label]
        requests = sum(one.driven.requests for one in of_version)
        failed = sum(one.driven.errors + one.driven.timeouts for one in of_version)
        if failed:
            failures = [failure for one in of_version for failure in one.driven.failures]
            most = max(failures, key=lambda failure: failure.count, default=None)
            example = f", most often {most.endpoint}: {most.problem}" if most is not None else ""
            said = next((f" Its last line: {one.said}" for one in of_version if one.said), "")
            found.append(f"{version.label}: {written(failed / requests, '%')} of the requests failed{example}.{said}")
        if any(math.isnan(one.driven.latency.mean) for one in of_version):
            found.append(f"{version.label}: in one step at least nothing was answered.")
    return found


def _locked(load: Load) -> list[str]:
    """Say where threads and connections wait for each other: FastAPI's sync dependencies do that under load."""
    found: dict[str, str] = {}
    for one in load.measurements:
        inside, driven = one.inside, one.driven
        if inside is None or driven.errors + driven.timeouts <= FAILED * driven.requests:
            continue
        if inside.threads_waiting >= 1 and inside.pool_waiting >= 1:
            limit = written(inside.thread_limit * inside.workers)
            found[one.version] = (
                f"{one.version}, {one.step.label}: threads and connections wait for each other: "
                f"{written(inside.threads_in_use)} of {limit} threads are in use, {written(inside.pool_waiting)} of "
                "them wait for a connection, and those who have one wait for a thread to give it back."
            )
    return list(found.values())


def _rounds(load: Load) -> list[str]:
    if load.rounds == 1 and len(load.versions) == 2:
        return ["One round tells nothing about the noise: no difference is claimed. Give --rounds 3 or more."]
    return []


def _notes(load: Load) -> list[str]:
    # The same is said of many steps, with other figures: once is enough.
    found: dict[str, str] = {}
    for one in load.measurements:
        for note in one.driven.notes:
            found.setdefault(_FIGURE.sub("", note), f"{one.version}, {one.step.label}: {note}")
    return list(found.values())
