"""What the users of a load send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Pick = Literal["random", "next", "user"]


@dataclass(frozen=True, slots=True)
class Request:
    """One step: a request, with placeholders in its path, parameters, headers and body.

    Attributes:
        method: in capitals.
        path: from the root of the application, or a whole URL.
        name: what it is called in the figures; steps of the same name are counted together.
        weight: how often it is chosen, in proportion to the others; without meaning in a flow.
        params: the query.
        headers: further headers.
        json: the body as JSON, or None.
        form: the body as a form, or None.
        expect: the status codes that are right; none: all below 400.
        take: names for values of its answer (JSON), each with a dotted path: ``id``, ``items.0.id``; ``items.*.id``
            is all of them, one chosen by chance wherever the name is used.
        made: whether its data were made from a schema, and may be refused by the application.
    """

    method: str
    path: str
    name: str
    weight: float = 1.0
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, Any] | None = None
    expect: tuple[int, ...] = ()
    take: Mapping[str, str] = field(default_factory=dict)
    made: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """Requests in a row, sent by one user; a name keeps its value from the first to the last.

    Attributes:
        name: what it is called.
        weight: how often it is chosen, in proportion to the others.
        steps: the requests; a failed one ends the flow.
    """

    name: str
    weight: float
    steps: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Login:
    """How each user logs in, once, before anything is measured. Cookies are kept in any case.

    Attributes:
        request: what is sent.
        token: the dotted path of the token in the answer, or None where a cookie is enough.
        header: the header that carries it.
        value: what the header says; ``{token}`` stands for the token.
    """

    request: Request
    token: str | None = None
    header: str = "Authorization"
    value: str = "Bearer {token}"


@dataclass(frozen=True, slots=True)
class Data:
    """Values that placeholders stand for.

    Attributes:
        values: the values; a mapping's keys are reached as ``{name.key}``. Empty where it is a range.
        numbers: the first and the last whole number of a range.
        pick: ``random``: any, each time; ``next``: one after the other, over all users; ``user``: each user has one.
    """

    values: tuple[Any, ...] = ()
    numbers: tuple[int, int] | None = None
    pick: Pick = "random"


@dataclass(frozen=True, slots=True)
class Skipped:
    """An endpoint of the application that is not sent.

    Attributes:
        name: ``DELETE /exams/{exam_id}``.
        reason: why, in a few words.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the users of a load send.

    Attributes:
        name: what it is called.
        tasks: what a user chooses from, by weight, again and again.
        login: how each user logs in, or None.
        before: what each user sends once after that, in this order; not measured.
        data: values for placeholders, by name.
        headers: sent with every request.
        skipped: what the OpenAPI document has and the scenario has not, with the reasons.
        openapi: where tasks are yet to be read from, besides its own; ``scenario_for`` does it.
        suggested_login: a login that the OpenAPI document describes, for the user to complete.
    """

    name: str
    tasks: tuple[Request | Flow, ...] = ()
    login: Login | None = None
    before: tuple[Request, ...] = ()
    data: Mapping[str, Data] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    openapi: str | None = None
    suggested_login: Login | None = None

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests that are measured, in the scenario's order, those of flows among them."""
        return tuple(request for task in self.tasks for request in (task.steps if isinstance(task, Flow) else (task,)))
