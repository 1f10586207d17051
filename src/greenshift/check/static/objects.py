"""What an expression can be while it is evaluated, beside what rules see: functions, classes, engines, open dicts."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode, SourceFile


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call gives.

    Attributes:
        positional: by position.
        keywords: by name, what is splatted in from known dicts included.
        open_positional: why there may be more by position; empty if not.
        open_keywords: why there may be more by name; empty if not.
    """

    positional: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    open_positional: str = ""
    open_keywords: str = ""

    def get(self, position: int | None, *names: str) -> Value | None:
        """Return what is given by position or by one of some names; None if surely nothing is.

        Args:
            position: from 0; None for what is only given by name.
            names: the names.
        """
        if position is not None and position < len(self.positional):
            return self.positional[position]
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        unknown = self.open_keywords or (self.open_positional if position is not None else "")
        return Value(unknown=unknown) if unknown else None


@dataclass(frozen=True, eq=False)
class Frame:
    """Where an expression is evaluated.

    Attributes:
        file: the file that it stands in.
        function: the function whose parameters are bound; None for a module or class.
        arguments: what the parameters are; None if that follows from every call of the function.
        outer: the frame of the function around.
        receiver: what ``self`` or ``cls`` is; None if any instance of the class.
    """

    file: SourceFile
    function: FunctionNode | ast.Lambda | None = None
    arguments: Mapping[str, Value] | None = None
    outer: Frame | None = None
    receiver: Value | None = None


@dataclass(frozen=True)
class DictObject:
    """A dict with text keys.

    Attributes:
        entries: what is in it; an entry that is there only in some branches has an unknown part.
        open: why there may be more in it; empty if not.
    """

    entries: Mapping[str, Value]
    open: str = ""


@dataclass(frozen=True)
class FunctionObject:
    """A function or lambda of the program; a method has a receiver.

    Attributes:
        file: where it is.
        node: its definition.
        outer: the frame in which it is defined.
        receiver: the instance or class it was taken from.
    """

    file: SourceFile
    node: FunctionNode | ast.Lambda
    outer: Frame | None = field(default=None, compare=False)
    receiver: Value | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ClassObject:
    """A class of the program.

    Attributes:
        file: where it is.
        node: its definition.
    """

    file: SourceFile
    node: ast.ClassDef


@dataclass(frozen=True)
class Instance:
    """An instance of a class of the program.

    Attributes:
        of: the class.
        arguments: what it was made with; None if any instance.
        variables: the beginning of the environment variables' names that fill its fields, for nested settings.
    """

    of: ClassObject
    arguments: Arguments | None = None
    variables: str | None = None


@dataclass(frozen=True)
class ModuleObject:
    """A module or package of the program.

    Attributes:
        location: its path without ``.py``.
        file: its file; None for a folder without ``__init__``.
    """

    location: str
    file: SourceFile | None = None


@dataclass(frozen=True)
class Partial:
    """``functools.partial(function, ...)``.

    Attributes:
        function: the function.
        arguments: what is already given.
    """

    function: Value
    arguments: Arguments


@dataclass(frozen=True)
class Made:
    """What a call of SQLAlchemy makes: an engine, a session factory, a session.

    Attributes:
        what: ``engine``, ``factory`` or ``session``.
        file: where the call is.
        call: the call.
    """

    what: str
    file: SourceFile
    call: ast.Call
