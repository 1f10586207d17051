"""What the concerns of one group's conversion share: its edits, the names it imports, executing a statement."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from greenshift.shift.kinds.names import ExternalName
from greenshift.shift.project import Module
from greenshift.shift.rewrite.edits import Edits
from greenshift.shift.rewrite.modernize.group import Group, LeaveError, is_scalar
from greenshift.shift.rewrite.modernize.layout import enclose
from greenshift.shift.rewrite.modernize.lending import Lending
from greenshift.shift.rewrite.modernize.mixed import execute_mixed, is_mixed
from greenshift.shift.rewrite.modernize.uniqueness import needs_unique


@dataclass(frozen=True)
class Answer:
    """What a method that executes a query became.

    Attributes:
        terminal: The query's method.
        path: The session's method, and those of its result: ``("scalars", "unique", "all")``.
    """

    terminal: str
    path: tuple[str, ...]


@dataclass
class Work:
    """The conversion of one group.

    Attributes:
        group: The group.
        replaced_sites: Sites that a concern has written anew itself.
        done: Method calls that a concern has dealt with beyond its own.
        answers: What the methods became that execute the queries, by their calls.
    """

    group: Group
    replaced_sites: set[ast.Call] = field(default_factory=set)
    done: set[ast.Call] = field(default_factory=set)
    answers: dict[ast.Call, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lending = Lending(self.group)

    def session(self, node: ast.expr, module: Module) -> str:
        """Return the text of the session with which a query is to be executed."""
        return self._lending.session(node, module)

    def edits(self, module: Module) -> Edits:
        """Return the edits of a module."""
        return self.group.context.edits(module)

    def need(self, module: Module, name: str) -> str:
        """Return the name under which a module may use something of SQLAlchemy's."""
        imports = self.group.context.imports(module)
        if name == "select":
            # SQLModel's own select() is one, with better types.
            for bound, imported in module.imports.items():
                if imported.module == "sqlmodel" and imported.name == "select" and bound not in module.top:
                    return bound
        return imports.need("sqlalchemy", name)

    def execute(
        self,
        node: ast.expr,
        module: Module,
        ending: str,
        *,
        inside: str = "",
        replaced: ast.expr | None = None,
        limited_to_one: bool = False,
    ) -> None:
        """Enclose a query in the call that executes it: ``session.scalars(QUERY)`` or ``session.execute(QUERY)``.

        Args:
            node: The query.
            module: The module in which it stands.
            ending: What is called on the result, e.g. ``.all()``.
            inside: What is called on the statement before, e.g. ``.limit(1)``.
            replaced: The method call on the query that this stands for.
            limited_to_one: The statement returns one row at most.
        """
        if is_mixed(self.group, node):
            session = self.session(node, module)
            execute_mixed(self.group, self.edits(module), node, session, inside, ending, replaced)
            return
        shape = self.group.shape(node)
        method = "scalars" if is_scalar(shape) else "execute"
        if needs_unique(self.group, node, limited_to_one=limited_to_one):
            ending = f".unique(){ending}"
        session = self.session(node, module)
        enclose(self.edits(module), node, f"{session}.{method}(", inside, f"){ending}", replaced)
        if isinstance(replaced, ast.Call):
            self.answer(replaced, method, *re.findall(r"\.(\w+)\(\)", ending))

    def answer(self, call: ast.Call, *path: str) -> None:
        """Remember what a method call on a query became.

        Args:
            call: The call.
            path: The session's method, and those of its result.
        """
        if isinstance(call.func, ast.Attribute):
            self.answers[call] = Answer(call.func.attr, path)

    def class_text(self, node: ast.expr, module: Module) -> str:
        """Return the text of a name of an entity, to be used once more in the same function.

        Raises:
            LeaveError: It is not a plain name.
        """
        current = node
        while isinstance(current, ast.Attribute):
            current = current.value
        if not isinstance(current, ast.Name):
            raise LeaveError("its entity is not a plain name", node)
        return module.source.segment(node)

    def is_sqlalchemy(self, module: Module, node: ast.expr, name: str) -> bool:
        """Whether an expression names a function of SQLAlchemy's."""
        target = self.group.context.kinds.names.resolve(module, node)
        return isinstance(target, ExternalName) and target.name in (f"sqlalchemy.{name}", f"sqlmodel.{name}")
