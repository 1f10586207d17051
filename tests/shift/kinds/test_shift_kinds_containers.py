"""Dependency containers: what is kept in them by a class or a name, and what is asked of a library by the same key."""

from __future__ import annotations

import ast
import textwrap

import pytest

from greenshift.shift.kinds import infer
from greenshift.shift.kinds.values import Engine, Instance, Session, SessionFactory
from greenshift.shift.project import project_of

CONTAINER = """
from dependency_injector import containers, providers
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

class Repository:
    def __init__(self, session):
        self.session = session

class Service:
    def __init__(self, repository):
        self.repository = repository

class Reader:
    def __init__(self, session, repository):
        self.session = session
        self.repository = repository

def make_engine(url):
    return create_engine(url)

def open_session():
    session = Session()
    yield session
    session.close()

class Container(containers.DeclarativeContainer):
    engine = providers.Singleton(make_engine, "sqlite://")
    session_factory = providers.Singleton(sessionmaker, bind=engine)
    session = providers.Dependency(instance_of=Session)
    opened = providers.Resource(open_session)
    repository = providers.Factory(Repository, session=session)
    service = providers.Singleton(Service, repository=repository)
    reader = providers.Factory(Reader, repository.provided.session, service.provided.repository)

container = Container(session=Session())
"""


def marked(code: str) -> set[str]:
    """What the argument of `mark(...)` is, by the names of the values' types and classes."""
    project = project_of({"container.py": CONTAINER, "app.py": textwrap.dedent(code)})
    kinds = infer(project)
    for module in project.modules:
        for node in module.source.nodes_of(ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "mark":
                return {
                    value.cls.name if isinstance(value, Instance) else type(value).__name__
                    for value in kinds.values(node.args[0])
                    if isinstance(value, Instance | Session | SessionFactory | Engine)
                }
    raise AssertionError("nothing is marked")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("container.engine()", {"Engine"}),
        ("container.session_factory()", {"SessionFactory"}),
        ("container.session_factory()()", {"Session"}),
        ("container.session()", {"Session"}),
        ("container.opened()", {"Session"}),
        ("container.repository()", {"Repository"}),
        ("container.repository().session", {"Session"}),
        ("container.service().repository.session", {"Session"}),
        ("Container.service().repository", {"Repository"}),
        ("container.reader().session", {"Session"}),
        ("container.reader().repository.session", {"Session"}),
    ],
)
def test_a_container_gives_what_its_providers_make(expression: str, expected: set[str]) -> None:
    assert marked(f"from container import Container, container\nmark({expression})\n") == expected


@pytest.mark.parametrize(
    "default", ["Depends(Provide[Container.service])", "Provide[Container.service]", "Depends(Container.service)"]
)
def test_what_is_injected_into_a_parameter(default: str) -> None:
    code = f"""
    from container import Container
    from dependency_injector.wiring import Provide, inject
    from fastapi import Depends

    @inject
    def route(service={default}):
        mark(service)
    """
    assert marked(code) == {"Service"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("context[Service]", {"Service"}),
        ("context[Service].repository.session", {"Session"}),
        ('context["session"]', {"Session"}),
        ('context["repository"].session', {"Session"}),
        ("context.resolve(Service)", {"Service"}),
        ('context.get_dependency("session")', {"Session"}),
        ('context["unheard of"]', set()),
        ('os.environ["session"]', set()),
        ("list[Service]", set()),
    ],
)
def test_a_library_is_asked_for_what_is_kept_under_a_class_or_a_name(expression: str, expected: set[str]) -> None:
    code = f"""
    import os
    from container import Service
    from lato import TransactionContext

    def leave(context: TransactionContext):
        mark({expression})
    """
    assert marked(code) == expected


def test_a_library_gives_what_its_constructor_was_given_by_name() -> None:
    code = """
    from container import make_engine
    from lato import Application
    application = Application("shop", db_engine=make_engine("sqlite://"))
    mark(application.get_dependency("db_engine"))
    """
    assert marked(code) == {"Engine"}


@pytest.mark.parametrize(
    ("assigned", "read", "expected"),
    [
        ("app.state.repository", "app.state.repository", {"Repository"}),
        ("app.state.repository", "request.app.state.repository", {"Repository"}),
        ("request.state.repository", "request.state.repository", {"Repository"}),
        ("request.state.repository", "request.app.state.repository", set()),
        ("app.repository", "app.repository", {"Repository"}),
    ],
)
def test_what_is_kept_on_a_library_object_is_read_there(assigned: str, read: str, expected: set[str]) -> None:
    code = f"""
    from container import Repository
    from fastapi import FastAPI, Request

    app = FastAPI()

    def keep(request: Request):
        {assigned} = Repository(None)

    def use(request: Request):
        mark({read})
    """
    assert marked(code) == expected


def test_mocks_hold_nothing_that_is_assigned_to_them() -> None:
    code = """
    from unittest.mock import MagicMock
    from container import Repository
    one, other = MagicMock(), MagicMock()
    one.found = Repository(None)
    mark(other.found)
    """
    assert marked(code) == set()
