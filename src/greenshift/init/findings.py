"""What was found in a project, and what it is not sure of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Found:
    """One thing that was found.

    Attributes:
        what: a word for it: ``metadata``, ``application``, ``variables``...
        value: what it is.
        place: ``file:line``, or a file; empty where it is in no place.
    """

    what: str
    value: str
    place: str = ""


@dataclass(frozen=True)
class Question:
    """Something that only a person can tell.

    Attributes:
        problem: what is not sure, in one line.
        change: the line to change, and where.
    """

    problem: str
    change: str


@dataclass
class Findings:
    """All that was found.

    Attributes:
        found: for people, in the order in which it is shown.
        questions: what is not sure.
        table: the keys of ``[tool.greenshift]``, in order.
        pythonpath: a folder that pytest has to be told to import from; empty where it need not be told.
        required: the variables without which the application cannot be imported, each with a value that will do.
        application: ``module:attribute`` of the application, also of one that is not ASGI.
        is_wsgi: whether that is a WSGI application.
        engine: ``module:attribute`` of the application's own engine, where a module holds it.
        engine_is_async: whether that is an asyncio engine.
        metadata: ``module:attribute`` of the metadata, also where the migrations make the tables.
        test_folder: the folder of the tests.
        asynchronous: how asynchronous tests run: ``asyncio`` (pytest-asyncio), ``anyio``, or empty.
    """

    found: list[Found] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    table: dict[str, object] = field(default_factory=dict)
    pythonpath: str = ""
    required: Mapping[str, str] = field(default_factory=dict)
    application: str = ""
    is_wsgi: bool = False
    engine: str = ""
    engine_is_async: bool = False
    metadata: str = ""
    test_folder: str = "tests"
    asynchronous: str = ""

    def add(self, what: str, value: str, place: str = "") -> None:
        """Note something that was found."""
        self.found.append(Found(what, value, place))

    def ask(self, problem: str, change: str) -> None:
        """Note something that is not sure."""
        question = Question(problem, change)
        if question not in self.questions:
            self.questions.append(question)
