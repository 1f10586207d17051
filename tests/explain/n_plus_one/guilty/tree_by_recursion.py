"""A tree walked down row by row."""

from __future__ import annotations

from library_models import Node
from sqlalchemy.orm import Session

KIND = "N+1 lazy loads"
HEADLINE = "loaded Node.children"
FIX = "selectinload(Node.children, recursion_depth=-1)"


def program(session: Session) -> int:
    root = session.get_one(Node, 1)  # where: parents loaded here
    return _count(root)


def _count(node: Node) -> int:
    return 1 + sum(_count(child) for child in node.children)  # where: loaded one by one here
