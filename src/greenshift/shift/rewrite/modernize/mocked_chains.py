"""``mock.query.return_value.filter.return_value.first.return_value = user``: mocks answer what the code asks now.

Which statements stand behind a chain is told by what the test reaches: what was executed there for ``first()`` and the
others. A mock of which that cannot be told is listed; the application's code is not kept back by it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.mocks import SET, Chain, Mocks, chain_of, mocks_query
from greenshift.shift.rewrite.modernize.work import Answer

KIND = "mock"
UNTOLD = "this mock answers `query`, and it is not told which statement takes its place"
SEVERAL = "several queries are mocked here, which are results of one method now"


def convert_mocked_chains(context: Context, mocks: Mocks, answers: dict[Function, list[Answer]]) -> None:
    """Have mocks answer the statements that the application sends now.

    Args:
        context: The stage's work.
        mocks: What the tests with mocked queries reach.
        answers: By function, what its converted queries became.
    """
    for function in mocks.mocking:
        reached = mocks.reached_from(function)
        found = [answer for one in reached for answer in answers.get(one, ())]
        if found:
            _Unit(context, function, found).convert()


class _Unit:
    """The mocks of one test, fixture or setup."""

    def __init__(self, context: Context, function: Function, answers: list[Answer]) -> None:
        self.context = context
        self.function = function
        self.module: Module = function.module
        self.answers = answers
        self.written: dict[str, tuple[str, str]] = {}

    def convert(self) -> None:
        kinds, parents = self.context.kinds, self.context.kinds.parents
        for node in self.module.source.nodes_of(ast.Attribute):
            if node.attr == "query" and kinds.unit(node) is self.function and mocks_query(parents, node):
                chain = chain_of(parents, node)
                if chain is None or not self._rewrite(chain):
                    self.context.leave(self.module, node, KIND, UNTOLD)

    def _rewrite(self, chain: Chain) -> bool:
        root = self.module.source.segment(chain.query.value)
        paths = self._paths(chain.terminal)
        if not paths:
            return False
        if not chain.terminal and chain.ending in SET:
            return self._result(chain, root, paths)
        texts = sorted({text for path in paths if (text := _text(root, path, chain.ending)) is not None})
        if not texts or (len(texts) > 1 and not _is_set(chain)):
            return False
        self._write(chain, texts)
        return True

    def _paths(self, terminal: str) -> set[tuple[str, ...]]:
        """What the query's method became where the test reaches it; of a query itself: what executes it."""
        if terminal:
            return {answer.path for answer in self.answers if answer.terminal == terminal}
        return {answer.path[:1] for answer in self.answers if answer.terminal != "get"}

    def _result(self, chain: Chain, root: str, paths: Collection[tuple[str, ...]]) -> bool:
        """``mock.query.return_value = query``: the mock of the query becomes the mock of the result."""
        if chain.ending != "return_value" or not _is_set(chain):
            # Asked or made by a function of the test, which is given what `query` was.
            return False
        self._write(chain, sorted(_text(root, path, "return_value") or "" for path in paths))
        assignment = self.context.kinds.parents.get(chain.outer)
        value = assignment.value if isinstance(assignment, ast.Assign) else None
        if isinstance(value, ast.Name):
            self._renamed(value.id)
        return True

    def _renamed(self, name: str) -> None:
        """``query.count.return_value = 3`` of a mock that is the result's now."""
        kinds = self.context.kinds
        for node in self.module.source.nodes_of(ast.Attribute):
            if not isinstance(node.value, ast.Name) or node.value.id != name or kinds.unit(node) is not self.function:
                continue
            rests = sorted({answer.path[1:] for answer in self.answers if answer.terminal == node.attr})
            if (
                len(rests) != 1
                or rests[0] in ((), (node.attr,))
                or not isinstance(kinds.parents.get(node), ast.Attribute)
            ):
                continue
            text = ".return_value.".join([*rests[0][:-1], rests[0][-1]])
            source = self.module.source
            self.context.edits(self.module).replace(source.end(node) - len(node.attr), source.end(node), text)

    def _write(self, chain: Chain, texts: list[str]) -> None:
        source = self.module.source
        text = " = ".join(texts)
        assignment = self.context.kinds.parents.get(chain.outer)
        value = source.segment(assignment.value) if isinstance(assignment, ast.Assign) else ""
        original = source.segment(chain.outer)
        before = self.written.setdefault(text, (original, value))
        if before[0] != original and before[1] != value:
            self.context.leave(self.module, chain.query, KIND, SEVERAL)
        self.context.edits(self.module).replace_node(chain.outer, text)


def _is_set(chain: Chain) -> bool:
    return isinstance(chain.outer.ctx, ast.Store)


def _text(root: str, path: tuple[str, ...], ending: str) -> str | None:
    """``db.scalars.return_value.first.return_value``; the number of rows is an attribute of the result."""
    text = f"{root}.{'.return_value.'.join(path)}"
    if path[-1] == "rowcount":
        return text if ending == "return_value" else None
    return f"{text}.{ending}"
