"""What a module defines: classes, functions, and the names that imports bind."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from greenshift.shift.project.source import Place, Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True)
class Parameter:
    """A parameter of a function."""

    name: str
    annotation: ast.expr | None
    default: ast.expr | None
    kind: str  # "positional", "keyword", "variadic" (*args) or "keywords" (**kwargs)


@dataclass(eq=False, slots=True, weakref_slot=True)
class Function:
    """A function, method or lambda.

    Attributes:
        name: Its name; ``<lambda>`` for a lambda.
        qualified_name: Module, classes and functions around it, and its name, joined by dots.
        owner: The class whose method it is.
        parent: The function inside which it is defined.
    """

    name: str
    qualified_name: str
    node: FunctionNode
    module: Module
    owner: Class | None = None
    parent: Function | None = None
    parameters: list[Parameter] = field(default_factory=list)

    @property
    def is_async(self) -> bool:
        """Whether it is written ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_lambda(self) -> bool:
        """Whether it is a lambda."""
        return isinstance(self.node, ast.Lambda)

    @property
    def decorators(self) -> list[ast.expr]:
        """The decorators, outermost first."""
        return [] if isinstance(self.node, ast.Lambda) else self.node.decorator_list

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return self.module.source.place(self.node)

    def __repr__(self) -> str:
        return f"<function {self.qualified_name}>"


@dataclass(eq=False, slots=True)
class Class:
    """A class.

    Attributes:
        functions: The methods defined in its own body, by name (the last definition of a name wins).
        all_functions: Every method defined in its body: property setters and overloads as well.
        assignments: Class-level names: (annotation, value) of the last assignment.
    """

    name: str
    qualified_name: str
    node: ast.ClassDef
    module: Module
    parent: Class | Function | None = None
    functions: dict[str, Function] = field(default_factory=dict)
    all_functions: list[Function] = field(default_factory=list)
    assignments: dict[str, tuple[ast.expr | None, ast.expr | None]] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return self.module.source.place(self.node)

    def __repr__(self) -> str:
        return f"<class {self.qualified_name}>"


@dataclass(frozen=True, slots=True)
class Import:
    """What an imported name stands for.

    Attributes:
        module: The absolute dotted module.
        name: The name taken from it; None for ``import module``.
    """

    module: str
    name: str | None = None


@dataclass(eq=False, slots=True)
class Module:
    """A parsed file.

    Attributes:
        name: The dotted name under which the application imports it.
        functions: Every function in it, lambdas and nested ones as well, in order of definition.
        top: Functions and classes defined at module level, by name.
        imports: Names bound by imports anywhere in the file (module level wins over nested).
        stars: Modules of ``from x import *``.
    """

    name: str
    source: Source
    is_package: bool
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    top: dict[str, Function | Class] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    by_node: dict[ast.AST, Function | Class] = field(default_factory=dict)
    is_test: bool = False

    @property
    def file(self) -> str:
        """The path relative to the project's root."""
        return self.source.file

    def __repr__(self) -> str:
        return f"<module {self.name}>"
