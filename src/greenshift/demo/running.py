"""The steps, one after the other; what one of them cannot do does not stop those that do not need it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from greenshift.demo.errors import DemoError, StepError
from greenshift.demo.ground import Ground, own_environment
from greenshift.demo.step import Result, State, Step
from greenshift.errors import GreenshiftError


class Watch(Protocol):
    """Is told how far the demo is."""

    def begin(self, step: Step) -> None:
        """A step begins."""

    def tell(self, text: str) -> None:
        """The step that runs has come so far."""

    def end(self, result: Result) -> None:
        """A step has ended."""


def chosen_steps(steps: Sequence[Step], names: Sequence[str]) -> list[Step]:
    """Return the steps of these names, and those that they need, in their order.

    Args:
        steps: all of them.
        names: the wanted ones; none for all.

    Raises:
        DemoError: there is no step of that name.
    """
    by_name = {step.name: step for step in steps}
    wanted: set[str] = set()

    def add(name: str) -> None:
        wanted.add(name)
        for needed in by_name[name].needs:
            add(needed)

    for name in names or by_name:
        if name not in by_name:
            raise DemoError(f"--step {name}: there is no such step", f"choose of {', '.join(by_name)}")
        add(name)
    return [step for step in steps if step.name in wanted]


def run_steps(ground: Ground, steps: Sequence[Step], watch: Watch) -> Iterator[Result]:
    """Run steps; what they started ends with the last one, or when the caller stops asking.

    Args:
        ground: what they share.
        steps: in their order.
        watch: is told of the progress.

    Yields:
        How each went.
    """
    ran: set[str] = set()
    with own_environment(), ground.resources:
        for step in steps:
            missing = [name for name in step.needs if name not in ran]
            if missing:
                titles = {one.name: one.title for one in steps}
                reason = f"it needs: {', '.join(titles.get(name, name) for name in missing)}"
                result = Result(step, State.LEFT_OUT, problem=reason)
            else:
                watch.begin(step)
                result = _run(step, ground, watch)
            if result.found is not None:
                ran.add(step.name)
            watch.end(result)
            yield result


def _run(step: Step, ground: Ground, watch: Watch) -> Result:
    started = time.monotonic()

    def failed(problem: str, fix: str, output: tuple[str, ...] = ()) -> Result:
        return Result(step, State.FAILED, time.monotonic() - started, None, problem, fix, output)

    try:
        found = step.run(ground, watch.tell)
    except StepError as error:
        return failed(error.problem, error.fix, error.output)
    except GreenshiftError as error:
        return failed(error.problem, error.fix)
    except Exception as error:  # the other steps are still worth seeing
        reason = next(iter(str(error).strip().splitlines()), "")
        return failed(f"{type(error).__name__}: {reason}", f"run it alone: greenshift demo --step {step.name} --keep")
    seconds = time.monotonic() - started
    state = State.FAILED if found.problem else State.DONE
    return Result(step, state, seconds, found, found.problem, found.fix)
