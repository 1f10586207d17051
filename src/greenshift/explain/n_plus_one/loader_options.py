"""The loader option that would have loaded an attribute with its parents."""

from __future__ import annotations

from typing import NamedTuple, Self

from greenshift.explain.explanation import Edit
from greenshift.trace import CallSite
from greenshift.trace.instances import Chain


class LoaderOption(NamedTuple):
    """A chain of loader options, printed as the user would write it.

    Attributes:
        path: ``("Order.lines", "Line.product")``.
        is_column: whether the last of the path is a column, not a relationship.
    """

    path: tuple[str, ...]
    is_column: bool

    @classmethod
    def of(cls, kind: str, chain: Chain, attribute: str) -> Self:
        """Return the option for an attribute.

        Args:
            kind: the kind of the origin of the statements that loaded it.
            chain: the relationships that lead to its instance.
            attribute: ``Line.product``.
        """
        return cls((*(f"{model.__name__}.{name}" for model, name in chain), attribute), kind != "lazy load")

    @property
    def is_recursive(self) -> bool:
        """Whether a relationship leads from a row to others of the same kind, again and again: a tree."""
        return not self.is_column and len(self.path) > 1 and self.path[-1] == self.path[-2]

    def __str__(self) -> str:
        relationships = self.path[:-1] if self.is_column else self.path
        depth = ""
        if self.is_recursive:
            relationships = tuple(dict.fromkeys(relationships))
            depth = ", recursion_depth=-1"
        calls = [f"selectinload({one})" for one in relationships]
        if self.is_column:
            calls.append(f"undefer({self.path[-1]})")
        elif depth:
            calls[-1] = f"{calls[-1][:-1]}{depth})"
        return ".".join(calls)


def edits_for(loaded: CallSite | None, option: LoaderOption) -> tuple[Edit, ...]:
    """Return the edits that put an option into the SELECT, or none where its place cannot be told for certain.

    Args:
        loaded: the line of the SELECT.
        option: what to put there.
    """
    return ()
