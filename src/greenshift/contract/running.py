"""Run a behaviour twice, sync and async, on one database, and compare."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from greenshift.contract.adapter import Adapter
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.failure import ContractFailure, error_name
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.errors import RowError
from greenshift.contract.hints import hint_for
from greenshift.contract.rows import Rows

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One test: a behaviour of a model.

    Args:
        behaviour: what is tried.
        model: on which model.
        subject: on what of it; empty for the whole.
    """

    behaviour: Behaviour
    model: Model
    subject: str = ""

    @property
    def place(self) -> str:
        """The model, with the subject after a point."""
        return f"{self.model.name}.{self.subject}" if self.subject else self.model.name

    @property
    def id(self) -> str:
        """The test's id."""
        return f"{self.behaviour.name}-{self.place}"


@dataclass
class _Flavour:
    is_async: bool
    notes: list[str] = field(default_factory=list)
    result: Any = None
    error: Exception | None = None

    @property
    def name(self) -> str:
        return "async" if self.is_async else "sync"


def cases_of(rows: Rows, models: Sequence[Model], behaviours: Sequence[Behaviour]) -> list[Case]:
    """Return the tests of some models; a behaviour that does not apply to a model has none."""
    return [
        Case(behaviour, model, subject)
        for model in models
        if not model.not_driven
        for behaviour in behaviours
        for subject in behaviour.subjects(model, rows)
    ]


def run_case(case: Case, adapter: Adapter, rows: Rows, url: str, rewind: Callable[[], object]) -> list[str]:
    """Run one test in both flavours, each on an empty database.

    Args:
        case: the test.
        adapter: the way to the models.
        rows: makes rows; the same for all tests, since it remembers which the database takes.
        url: of the database.
        rewind: brings it back to its first state.

    Returns:
        Notes for people.

    Raises:
        ContractFailure: the model does not behave so in one flavour or both, or the flavours differ.
        RowError: no row can be made.
    """
    flavours = [_Flavour(is_async=False), _Flavour(is_async=True)]
    for flavour in flavours:
        try:
            flavour.result = run_to_end(
                lambda flavour=flavour: _run(case, adapter, rows, url, flavour),  # type: ignore[misc]
                is_async=flavour.is_async,
            )
        except Exception as error:  # of the models, of any kind
            flavour.error = error
        finally:
            rewind()
    _raise(case, rows, flavours)
    sync, asynchronous = flavours
    if sync.result != asynchronous.result:
        raise ContractFailure(
            f"{case.behaviour.title}: {case.place}: sync code gives {sync.result!r}, async {asynchronous.result!r}"
        )
    return list(dict.fromkeys([*sync.notes, *asynchronous.notes]))


async def _run(case: Case, adapter: Adapter, rows: Rows, url: str, flavour: _Flavour) -> Any:
    async with adapter.open(url, is_async=flavour.is_async) as ground:
        await rows.prove(ground, case.model)
        rows.restart()
        scene = Scene(
            case.model,
            ground,
            rows,
            adapter,
            is_async=flavour.is_async,
            together=_gather if flavour.is_async else _thread,
        )
        try:
            return await case.behaviour.run(scene, case.subject)
        finally:
            flavour.notes = scene.notes


def run_to_end(make: Callable[[], Coroutine[Any, Any, T]], *, is_async: bool) -> T:
    """Run a coroutine: in an event loop of its own, or without one if it never suspends.

    Args:
        make: makes the coroutine.
        is_async: whether it may suspend.

    Raises:
        RuntimeError: a sync one suspended.
    """
    if is_async:
        with asyncio.Runner() as runner:
            return runner.run(make())
    coroutine = make()
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("the sync session of the adapter waits for an event loop")


async def _gather(coroutines: Sequence[Coroutine[Any, Any, Any]]) -> None:
    await asyncio.gather(*coroutines)


async def _thread(coroutines: Sequence[Coroutine[Any, Any, Any]]) -> None:
    errors: list[Exception] = []

    def run(coroutine: Coroutine[Any, Any, Any]) -> None:
        try:
            run_to_end(lambda: coroutine, is_async=False)
        except Exception as error:  # raised again below
            errors.append(error)

    threads = [threading.Thread(target=run, args=[one], name="greenshift-contract") for one in coroutines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _raise(case: Case, rows: Rows, flavours: Sequence[_Flavour]) -> None:
    failed = [flavour for flavour in flavours if flavour.error is not None]
    for flavour in failed:
        if isinstance(flavour.error, RowError):
            raise RowError(f"cannot be generated: {flavour.error.problem}", flavour.error.fix) from flavour.error
    if not failed:
        return
    problems = {flavour.name: _described(flavour.error) for flavour in failed}
    fix = next((error.fix for flavour in failed if isinstance(error := flavour.error, ContractFailure)), "")
    fix = fix or next((hint for flavour in failed if (hint := hint_for(str(flavour.error), case.model, rows))), "")
    if len(set(problems.values())) == 1:
        where = " and ".join(problems) if len(problems) > 1 else f"{failed[0].name} alone"
        said = f"({where}) {next(iter(problems.values()))}"
    else:
        said = "; ".join(f"({name}) {problem}" for name, problem in problems.items())
    raise ContractFailure(f"{case.behaviour.title}: {case.place}: {said}", fix) from failed[-1].error


def _described(error: Exception | None) -> str:
    if isinstance(error, ContractFailure):
        return error.problem
    assert error is not None
    return f"{error_name(error)}: {next(iter(str(error).strip().splitlines()), '')}"
