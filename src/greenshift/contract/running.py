"""Run a behaviour twice, sync and async, on one database, and compare."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from greenshift.contract.adapter import Adapter, Ground
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.failure import ContractFailure, error_name
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.errors import RowError
from greenshift.contract.hints import hint_for
from greenshift.contract.rows import Rows

T = TypeVar("T")

# Whether a task is started by a test; tasks that it starts in turn inherit this.
_IN_TEST: ContextVar[bool] = ContextVar("_IN_TEST", default=False)


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


class Grounds:
    """A database open in both flavours for many tests, the async one in one event loop.

    Args:
        adapter: the way to the models.
        url: of the database.
    """

    def __init__(self, adapter: Adapter, url: str) -> None:
        self.url = url
        self._adapter = adapter
        # By the tests; what the adapter itself started, such as a pool's workers, it ends itself.
        self._started: set[asyncio.Task[Any]] = set()
        self._runner: asyncio.Runner | None = None
        self._open: dict[bool, tuple[AbstractAsyncContextManager[Ground], Ground]] = {}

    def run(self, act: Callable[[Ground], Coroutine[Any, Any, T]], *, is_async: bool) -> T:
        """Run a coroutine on the database in one flavour; open it first if it is not open.

        Whatever is left of a run that ends in an error (a transaction, a task) goes: the database is closed in both.

        Args:
            act: makes the coroutine.
            is_async: in which flavour.

        Raises:
            RuntimeError: a sync coroutine suspended.
        """
        try:
            if is_async not in self._open:
                opening = self._adapter.open(self.url, is_async=is_async)
                self._open[is_async] = (opening, self._finish(opening.__aenter__, is_async=is_async))
            _, ground = self._open[is_async]
            result = self._finish(lambda: _noted(act(ground)), is_async=is_async)
        except BaseException:
            self.close()
            raise
        if self._left():
            self.close()
        return result

    def close(self) -> None:
        """Close the database and the event loop, if they are open; the next run opens them again."""
        opened, self._open = self._open, {}
        left, self._started = self._left(), set()
        runner, self._runner = self._runner, None
        with contextlib.ExitStack() as stack:
            if runner is not None:
                stack.callback(runner.close)
            for is_async, (opening, _) in opened.items():
                if is_async and runner is not None:
                    stack.callback(runner.run, _exit(opening))
                else:
                    stack.callback(run_to_end, _exit(opening))
            if runner is not None:
                # First, so that their connections are back in the pool when that is closed.
                stack.callback(runner.run, _end(left))

    def _left(self) -> set[asyncio.Task[Any]]:
        return {task for task in self._started if not task.done()}

    def _start(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
        if _IN_TEST.get():
            self._started.add(task)
            task.add_done_callback(self._started.discard)
        return task

    def _finish(self, make: Callable[[], Coroutine[Any, Any, T]], *, is_async: bool) -> T:
        if not is_async:
            return run_to_end(make())
        if self._runner is None:
            # With a factory the loop is not made the thread's current one, which other tests would find.
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
            self._runner.get_loop().set_task_factory(self._start)
        return self._runner.run(make())


def cases_of(rows: Rows, models: Sequence[Model], behaviours: Sequence[Behaviour]) -> list[Case]:
    """Return the tests of some models; a behaviour that does not apply to a model has none."""
    return [
        Case(behaviour, model, subject)
        for model in models
        if not model.not_driven
        for behaviour in behaviours
        for subject in behaviour.subjects(model, rows)
    ]


def run_case(
    case: Case, adapter: Adapter, rows: Rows, url: str, rewind: Callable[[], object], grounds: Grounds | None = None
) -> list[str]:
    """Run one test in both flavours, each on an empty database.

    Args:
        case: the test.
        adapter: the way to the models.
        rows: makes rows; the same for all tests, since it remembers which the database takes.
        url: of the database.
        rewind: brings it back to its first state.
        grounds: keeps it open for further tests; None to open it for this one alone.

    Returns:
        Notes for people.

    Raises:
        ContractFailure: the model does not behave so in one flavour or both, or the flavours differ.
        RowError: no row can be made.
    """
    flavours = [_Flavour(is_async=False), _Flavour(is_async=True)]
    used = grounds or Grounds(adapter, url)
    for flavour in flavours:
        try:
            flavour.result = used.run(
                lambda ground, flavour=flavour: _run(case, adapter, rows, ground, flavour),  # type: ignore[misc]
                is_async=flavour.is_async,
            )
        except Exception as error:  # of the models, of any kind
            flavour.error = error
        finally:
            if grounds is None:
                used.close()
            rewind()
    _raise(case, rows, flavours)
    sync, asynchronous = flavours
    if sync.result != asynchronous.result:
        raise ContractFailure(
            f"{case.behaviour.title}: {case.place}: sync code gives {sync.result!r}, async {asynchronous.result!r}"
        )
    return list(dict.fromkeys([*sync.notes, *asynchronous.notes]))


async def _run(case: Case, adapter: Adapter, rows: Rows, ground: Ground, flavour: _Flavour) -> Any:
    await rows.prove(ground, case.model)
    rows.restart()
    together = _gather if flavour.is_async else _thread
    scene = Scene(case.model, ground, rows, adapter, is_async=flavour.is_async, together=together)
    try:
        return await case.behaviour.run(scene, case.subject)
    finally:
        flavour.notes = scene.notes


async def _noted(act: Coroutine[Any, Any, T]) -> T:
    token = _IN_TEST.set(True)
    try:
        return await act
    finally:
        _IN_TEST.reset(token)


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _exit(opening: AbstractAsyncContextManager[Ground]) -> None:
    await opening.__aexit__(None, None, None)


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends to its end, without an event loop.

    Args:
        coroutine: what is run.

    Raises:
        RuntimeError: it suspended.
    """
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
            run_to_end(coroutine)
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
