"""The loader option that would have loaded an attribute with its parents."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from greenshift.trace import LoadedBy
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


def base_without(attribute: str, source: LoadedBy | None, chain: Chain) -> str | None:
    """Return the class that a SELECT returned rows of, where the attribute belongs to a subclass of it.

    Its columns are in a table that the SELECT did not read, so SQLAlchemy reads them row by row.

    Args:
        attribute: ``Manager.budget``.
        source: the SELECT.
        chain: the relationships that lead from what it selects to the instance.
    """
    model, _, name = attribute.rpartition(".")
    mapper = _mapper(source, chain)
    if mapper is None or name in mapper.attrs:
        return None
    is_subclass = any(one.class_.__name__ == model and name in one.attrs for one in mapper.self_and_descendants)
    return str(mapper.class_.__name__) if is_subclass else None


def _mapper(source: LoadedBy | None, chain: Chain) -> Mapper[Any] | None:
    if chain:
        model, key = chain[-1]
        found = inspect(model).relationships[key].mapper
    else:
        described: Any = getattr(None if source is None else source.statement, "column_descriptions", ())
        entity = inspect(described[0].get("entity"), raiseerr=False) if len(described) == 1 else None
        found = None if entity is None else entity.mapper
    return found if isinstance(found, Mapper) else None
