"""What an expression may stand for at run time: the abstract values of the analysis.

Each expression has a set of them. An empty set means "nothing known": plain data, or something of a library.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from greenshift.shift.project import Class, Function

Values = frozenset["Value"]
NOTHING: Values = frozenset()

COLUMN = "column"
"""An element of a query's shape that is a column or an expression."""
ENTITY = "entity"
"""An element of a query's shape that is a mapped class, not known which."""

Shape = tuple[Class | str, ...]
"""What a row of a query holds: mapped classes, ``COLUMN`` or ``ENTITY``."""


@dataclass(frozen=True, slots=True)
class Value:
    """One thing that an expression may be."""


@dataclass(frozen=True, slots=True)
class External(Value):
    """A module, class or function of a library, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class ExternalInstance(Value):
    """What calling a class or function of a library returned, e.g. ``fastapi.FastAPI``."""

    name: str


@dataclass(frozen=True, slots=True)
class ModuleValue(Value):
    """A module (or package) of the application."""

    name: str


@dataclass(frozen=True, slots=True)
class ClassValue(Value):
    """A class of the application (the class itself, or an alias of a mapped class)."""

    cls: Class
    is_alias: bool = False


@dataclass(frozen=True, slots=True)
class Instance(Value):
    """An instance of a class of the application.

    Attributes:
        cls: The class.
        site: For mapped instances: the expression that loaded or constructed it.
        path: Relationships followed from what the site loaded.
    """

    cls: Class
    site: ast.AST | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionValue(Value):
    """A function of the application, with the receiver if it is a bound method."""

    function: Function
    receiver: Value | None = None
    bound: int = 0  # Positional arguments given by functools.partial.


@dataclass(frozen=True, slots=True)
class Engine(Value):
    """An engine."""

    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Connection(Value):
    """A Core connection."""

    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Session(Value):
    """A session of SQLAlchemy or SQLModel."""

    is_async: bool = False


@dataclass(frozen=True, slots=True)
class ThreadFunction(Value):
    """What ``sync_to_async`` makes of a function: calling it gives a coroutine of what the function returns."""

    function: FunctionValue


@dataclass(frozen=True, slots=True)
class RowMaker(Value):
    """A method of a factory of factory_boy as a value: handed on, or with arguments by functools.partial.

    Attributes:
        cls: The factory.
        method: The method.
    """

    cls: Class
    method: str


@dataclass(frozen=True, slots=True)
class SessionMethod(Value):
    """A method of a session that sends something, kept for later: ``delete = session.delete``."""

    session: Session
    name: str


@dataclass(frozen=True, slots=True)
class SessionFactory(Value):
    """A ``sessionmaker``; calling it gives a session."""

    is_async: bool = False
    is_scoped: bool = False


@dataclass(frozen=True, slots=True)
class Query(Value):
    """A legacy ``Query``.

    Attributes:
        shape: What its rows hold; None when not known.
        site: The call of ``query``.
    """

    shape: Shape | None
    site: ast.AST


@dataclass(frozen=True, slots=True)
class Statement(Value):
    """A Core or 2.0 statement: ``select``, ``insert``, ``update``, ``delete``, ``text``."""

    verb: str
    shape: Shape | None
    site: ast.AST


@dataclass(frozen=True, slots=True)
class Result(Value):
    """A ``Result`` (kind ``rows``), ``ScalarResult`` (``scalars``) or ``MappingResult`` (``mappings``)."""

    shape: Shape | None
    kind: str
    site: ast.AST


@dataclass(frozen=True, slots=True)
class Row(Value):
    """A row of a result of several columns or entities."""

    shape: Shape
    site: ast.AST


@dataclass(frozen=True, slots=True)
class Collection(Value):
    """A list, set, tuple, iterator or generator (kind ``iterable``), or a mapping's values (kind ``mapping``)."""

    of: Values
    kind: str = "iterable"


@dataclass(frozen=True, slots=True)
class TupleValue(Value):
    """A tuple whose elements are known one by one."""

    items: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class ContextManager(Value):
    """Something for ``with`` (or ``async with``) that gives the values.

    Attributes:
        of: What ``as`` binds.
        function: The generator function behind it, for ``@contextmanager``.
        opens: For library objects: what entering does, e.g. ``engine.begin``; None for nothing.
    """

    of: Values
    function: Function | None = None
    opens: str | None = None


@dataclass(frozen=True, slots=True)
class Coroutine(Value):
    """What calling an ``async def`` returned."""

    of: Values


@dataclass(frozen=True, slots=True)
class Dependency(Value):
    """``Depends(...)`` of FastAPI and what it calls."""

    calls: Values


@dataclass(frozen=True, slots=True)
class Provider(Value):
    """A provider of a dependency container: calling it gives what it makes."""

    of: Values


@dataclass(frozen=True, slots=True)
class Provided(Value):
    """``provider.provided``: attributes of what a provider will make, given on as they are."""

    of: Values


@dataclass(frozen=True, slots=True)
class SuperValue(Value):
    """``super()`` in a method."""

    cls: Class
    receiver: Value | None


@dataclass(frozen=True, slots=True)
class TestClientValue(Value):
    """A ``TestClient`` of Starlette or FastAPI (sync), or an httpx ``AsyncClient`` (``is_async``).

    Attributes:
        site: The call that made it; None where only an annotation says what it is.
    """

    __test__ = False
    is_async: bool = False
    site: ast.AST | None = None


def kept(values: Values) -> Values:
    """Return the values with engines, factories, connections and sessions as the flip leaves them: as they are.

    Args:
        values: What a module makes that stays sync, whatever becomes of the others.
    """
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Engine | SessionFactory | Session | Connection):
            found.add(replace(value, is_async=True))
        elif isinstance(value, Collection | ContextManager | Coroutine):
            found.add(replace(value, of=kept(value.of)))
        else:
            found.add(value)
    return frozenset(found)


def is_mock(value: Value) -> bool:
    """Whether a value is a mock, which stands for whatever it is given in the place of."""
    return isinstance(value, ExternalInstance) and value.name.startswith(("unittest.mock.", "mock."))
