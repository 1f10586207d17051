"""The walk: the same requests to the application before and after, on equal data, and their answers compared."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from greenshift.application.interpreter import Interpreter
from greenshift.config import Config
from greenshift.errors import GreenshiftError
from greenshift.shift.verify.comparison.tests import compare_transcripts
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.running.pytest_run import Progress, Tell
from greenshift.shift.verify.transcript.records import read_run
from greenshift.shift.verify.verdict import Difference, Sighting, WalkSummary
from greenshift.shift.verify.walk.answers import difference
from greenshift.shift.verify.walk.application import find_application
from greenshift.shift.verify.walk.asgi import Answer
from greenshift.shift.verify.walk.clock import Clock
from greenshift.shift.verify.walk.findings import WalkFindings, WalkSettings
from greenshift.shift.verify.walk.ground import Ground
from greenshift.shift.verify.walk.processes import SideProcess
from greenshift.shift.verify.walk.requests import Identifiers, Request, Sent, Side, requests_of
from greenshift.shift.verify.walk.sign_in import SignIn

_ANSWERED: Final = range(200, 400)
_REFUSED: Final = frozenset({401, 403})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
SIDES: Final[tuple[Side, Side]] = ("before", "after")


@dataclass(frozen=True)
class WalkSide:
    """One side of a walk.

    Args:
        tree: its tree.
        interpreter: its Python.
        config: its configuration.
    """

    tree: Path
    interpreter: Interpreter
    config: Config


class Walk:
    """Walks.

    Args:
        sides: before and after.
        ground: gives both equal data.
        settings: how to walk.
        folder: for what is temporary.
        tell: is told of the progress.
    """

    def __init__(
        self, sides: Mapping[Side, WalkSide], ground: Ground, settings: WalkSettings, folder: Path, tell: Tell
    ) -> None:
        self._sides = sides
        self._ground = ground
        self._settings = settings
        self._folder = folder
        self._tell = tell
        self._skipped: list[str] = []
        self._differences: list[Difference] = []
        self._statuses: dict[str, Counter[int]] = {}
        self._identifiers = Identifiers()
        # By the name of each request that both answered alike.
        self._equal: list[str] = []

    def run(self) -> WalkFindings:
        """Walk; what cannot be walked is said in the findings."""
        started = time.monotonic()
        try:
            operations = self._walk()
        except GreenshiftError as error:
            self._skipped.append(f"{error.problem} ({error.fix})")
            operations = 0
        recognised = self._compare_sql()
        self._note_refused()
        summary = WalkSummary(
            requests=sum(sum(counts.values()) for counts in self._statuses.values()),
            operations=operations,
            answered=sum(any(status in _ANSWERED for status in counts) for counts in self._statuses.values()),
            seconds=round(time.monotonic() - started, 2),
            not_walked=tuple(dict.fromkeys(self._skipped)),
        )
        return WalkFindings(summary, tuple(self._differences), recognised)

    def _walk(self) -> int:
        targets = {side: self._target(side) for side in SIDES}
        self._tell(Progress("walk", 0, None, "starting"))
        variables = self._ground.prepare(targets["before"])
        with ExitStack() as stack:
            processes: dict[Side, SideProcess] = {}
            for side in SIDES:
                processes[side] = stack.enter_context(
                    SideProcess(
                        self._sides[side].interpreter,
                        self._ground.trees[side],
                        targets[side],
                        self._recording(side),
                        self._ground.databases.get(side, ""),
                        variables[side],
                    )
                )
            schemas = {}
            for side in SIDES:
                try:
                    schemas[side] = processes[side].ready()
                except VerifyError as error:
                    if side == "after":
                        self._differ("response", "the start", error.problem, None, None)
                        return 0
                    raise
            schema = schemas["before"]
            if not schema:
                raise VerifyError("the application has no OpenAPI schema", "its tests are all there is to compare")
            operations = self._compare_routes(schema, schemas["after"] or {})
            requests = requests_of(schema, self._settings.examples, self._skipped)
            if len(requests) > self._settings.requests:
                self._skipped.append(f"{len(requests) - self._settings.requests} requests over the limit (--requests)")
            self._send(requests[: self._settings.requests], processes, SignIn(schema))
        return operations

    def _target(self, side: Side) -> str:
        here = self._sides[side]
        target = self._settings.app or here.config.app or find_application(here.tree)
        if target is None:
            raise VerifyError("the ASGI application was not found", "name it: --app app.main:app")
        return target

    def _recording(self, side: Side) -> Path:
        return self._folder / f"walk-{side}.jsonl"

    def _send(self, requests: list[Request], processes: Mapping[Side, SideProcess], sign_in: SignIn) -> None:
        clock = Clock()
        tokens: dict[Side, dict[str, str]] = {side: dict(self._settings.headers) for side in SIDES}
        for number, request in enumerate(requests, 1):
            name = f"{request.label} (request {number})"
            self._tell(Progress("walk", number - 1, len(requests), request.label))
            sent = request.for_sides(self._identifiers, tokens)
            with nullcontext() if request.method in _READING else clock.within_a_second():
                answers = {side: processes[side].ask(name, sent[side]) for side in SIDES}
            self._note(name, request, sent, answers)
            if not sign_in.done and all(answer.status in _ANSWERED for answer in answers.values()):
                form = sign_in.form(sent["before"])
                if form is not None:
                    given = {side: processes[side].ask("sign in", form) for side in SIDES}
                    for side, header in sign_in.headers(given).items():
                        tokens[side].update(header)
        self._tell(Progress("walk", len(requests), len(requests)))

    def _note(self, name: str, request: Request, sent: Mapping[Side, Sent], answers: Mapping[Side, Answer]) -> None:
        before, after = answers["before"], answers["after"]
        self._statuses.setdefault(request.label, Counter())[before.status] += 1
        # Both fail: how the error reads is the driver's affair.
        differs = None if before.status >= 500 <= after.status else difference(before, after)
        if differs is not None:
            self._differ("response", name, differs, _shown(sent["before"], before), _shown(sent["after"], after))
        elif before.status < 500:
            self._equal.append(name)
        if before.status in _ANSWERED and after.status in _ANSWERED:
            self._identifiers.learn(request.path, _json(before.body), _json(after.body))

    def _differ(self, kind: Any, name: str, message: str, before: str | None, after: str | None) -> None:
        sightings = [None if text is None else Sighting(text) for text in (before, after)]
        self._differences.append(Difference(kind, name, message, *sightings))

    def _compare_routes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
        was, now = _operations(before), _operations(after)
        for label in sorted(was - now):
            self._differ("route", label, "the route is gone", label, None)
        for label in sorted(now - was):
            self._differ("route", label, "the route is new", None, label)
        return len(was)

    def _compare_sql(self) -> Counter[str]:
        recognised: Counter[str] = Counter()
        if not self._equal:
            return recognised
        runs = {side: read_run(self._recording(side), self._ground.trees[side]) for side in SIDES}
        for name in self._equal:
            was, now = (runs[side].tests.get(name) for side in SIDES)
            if was is None or now is None:
                continue
            found = compare_transcripts(name, was.entries, now.entries)
            self._differences += found.differences
            recognised += found.recognised
            for coroutine in now.unawaited:
                message = f"the coroutine {coroutine.name} was never awaited"
                after = Sighting(f"{coroutine.name}()", coroutine.at)
                self._differences.append(Difference("unawaited coroutine", name, message, None, after))
        return recognised

    def _note_refused(self) -> None:
        refused = [label for label, counts in self._statuses.items() if counts.keys() <= _REFUSED]
        if refused:
            more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
            self._skipped.append(
                f"{len(refused)} operations that ask who is there ({', '.join(refused[:3])}{more}): "
                'give --header "Authorization: ..."'
            )
        broken = [label for label, counts in self._statuses.items() if min(counts) >= 500]
        if broken:
            self._skipped.append(f"{len(broken)} operations that only fail, before as after: {', '.join(broken[:3])}")


def _operations(schema: Mapping[str, Any]) -> set[str]:
    methods = {"get", "head", "post", "put", "patch", "delete", "options"}
    return {
        f"{method.upper()} {path}"
        for path, item in schema.get("paths", {}).items()
        for method in item
        if method in methods
    }


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _shown(sent: Sent, answer: Answer) -> str:
    query = f"?{sent.query}" if sent.query else ""
    body = answer.error or answer.body.decode(errors="replace")
    asked = sent.body.decode(errors="replace")[:120]
    return f"{sent.method} {sent.path}{query} {asked} -> {answer.status} {body[:300]}".replace("\n", " ")
