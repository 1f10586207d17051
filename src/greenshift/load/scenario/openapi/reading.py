"""A scenario from an application's OpenAPI document: its GETs, and POSTs from examples and schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from greenshift.load.errors import ScenarioError
from greenshift.load.scenario.model import Flow, Login, Request, Scenario, Skipped
from greenshift.load.scenario.openapi.cannot_make import CannotMake
from greenshift.load.scenario.openapi.document import Document, Operation, read_document
from greenshift.load.scenario.openapi.lists import Listing, listings
from greenshift.load.scenario.openapi.requests import Need, Requests

_ENDS_SESSION = re.compile(r"(log|sign)[-_]?(out|off)|revoke", re.IGNORECASE)


def scenario_from_openapi(source: str | Path | Mapping[str, Any], *, login: Login | None = None) -> Scenario:
    """Make a scenario from an OpenAPI document.

    GETs are sent whose path parameters stand in the answer of a list (``/exams`` for ``/exams/{exam_id}``) or have
    an example, and POSTs whose body has an example or can be made from its schema. A GET is five times as frequent
    as a POST. What cannot be sent is in `Scenario.skipped`, with the reason.

    Args:
        source: a URL, a JSON file, or the document itself.
        login: how users log in; without it, endpoints that ask for a login are skipped.

    Raises:
        ScenarioError: the document cannot be read, or nothing in it can be sent.
    """
    document = read_document(source)
    assembly = _Assembly(document, login)
    for operation in document.operations():
        assembly.add(operation)
    scenario = Scenario(
        name=document.title,
        tasks=tuple(assembly.tasks),
        login=login,
        before=tuple(assembly.before.values()),
        skipped=tuple(assembly.skipped),
        suggested_login=None if login else _suggested(document),
    )
    if not scenario.tasks:
        why = "; ".join(f"{skipped.name}: {skipped.reason}" for skipped in scenario.skipped[:3])
        raise ScenarioError(
            f"nothing in {document.source} can be sent" + (f" ({why})" if why else ""),
            "write a scenario file with [login] and openapi = true, or with [[step]]s",
        )
    return scenario


class _Assembly:
    def __init__(self, document: Document, login: Login | None) -> None:
        self._login = login
        self._document = document
        self.tasks: list[Request | Flow] = []
        self.before: dict[str, Request] = {}
        self.skipped: list[Skipped] = []
        suggested = _suggested(document)
        self._token_path = suggested.request.path if suggested else None
        sendable = {path: one for path, one in listings(document).items() if not self._obstacle(one.operation)}
        self._requests = Requests(document, sendable)

    def add(self, operation: Operation) -> None:
        """Add what an operation is sent as, or why it is not."""
        reason = self._obstacle(operation)
        try:
            if not reason:
                self.tasks.append(self._task(operation))
        except CannotMake as cannot:
            reason = str(cannot)
        if reason:
            self.skipped.append(Skipped(operation.name, reason))

    def _obstacle(self, operation: Operation) -> str:
        if operation.method not in ("GET", "POST"):
            return "only GET and POST are sent unless a scenario file says so"
        if operation.secured and self._login is None:
            return "needs a login: say how in [login] of a scenario file"
        if operation.method == "POST" and operation.path == self._token_path:
            return "is the login itself"
        if operation.method == "POST" and _ENDS_SESSION.search(operation.path):
            return "would end the login"
        responses = operation.data.get("responses") or {}
        if any(
            "text/event-stream" in (self._document.resolved(one).get("content") or {}) for one in responses.values()
        ):
            return "streams events without end"
        return ""

    def _task(self, operation: Operation) -> Request | Flow:
        request, needs = self._requests.of(operation)
        steps: list[Request] = []
        for need in needs:
            if "{" in need.listing.operation.path:
                # A list within another thing: the two ids belong together, so they are taken in one flow.
                steps.append(self._listed(need, steps))
            else:
                self._take_before(need)
        if not steps:
            return request
        return Flow(request.name, request.weight, (*steps, replace(request, weight=1.0)))

    def _listed(self, need: Need, earlier: list[Request]) -> Request:
        request, needs = self._requests.of(need.listing.operation)
        for further in needs:
            if "{" not in further.listing.operation.path:
                self._take_before(further)
            elif not any(further.name in step.take for step in earlier):
                raise CannotMake(f"{further.listing.operation.name} must be asked first")
        return replace(request, weight=1.0, take={need.name: need.path})

    def _take_before(self, need: Need) -> None:
        listing: Listing = need.listing
        known = self.before.get(listing.operation.path)
        if known is None:
            known, needs = self._requests.of(listing.operation)
            if needs:
                raise CannotMake(f"{listing.operation.name} must be asked first, and itself needs {needs[0].name}")
        self.before[listing.operation.path] = replace(known, weight=1.0, take={**known.take, need.name: need.path})


def _suggested(document: Document) -> Login | None:
    """The login of an OAuth2 password flow, which is what FastAPI documents."""
    for scheme in document.security_schemes().values():
        url = ((scheme.get("flows") or {}).get("password") or {}).get("tokenUrl")
        if url:
            path = url if url.startswith(("/", "http")) else f"/{url}"
            form = {"username": "somebody", "password": "their password"}
            return Login(Request("POST", path, f"POST {path}", form=form), "access_token")
    return None
