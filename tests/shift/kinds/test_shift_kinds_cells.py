"""Cells hold a limited number of values."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.cells import HOLDERS, LIMIT, Cells
from greenshift.shift.kinds.values import Instance, TupleValue, Value
from greenshift.shift.project import project_of


def test_rows_beyond_the_limit_are_known_to_come_from_somewhere() -> None:
    (cls,) = project_of({"models.py": "class Item:\n    pass\n"}).modules[0].classes
    cells = Cells()
    for _ in range(LIMIT + 2):
        cells.write("items", frozenset({Instance(cls, ast.Constant(1))}))
    found = cells.read("items", None)
    assert len(found) == LIMIT + 1
    assert Instance(cls) in found


def test_data_that_nests_in_itself_comes_to_an_end() -> None:
    (cls,) = project_of({"models.py": "class Item:\n    pass\n"}).modules[0].classes
    cells = Cells()
    value: Value = Instance(cls)
    for _ in range(LIMIT):
        value = TupleValue((frozenset({value}),))
        cells.write("tree", frozenset({value}))
    cells.write("tree", frozenset({Instance(cls)}))
    found = cells.read("tree", None)
    assert len(found) == HOLDERS + 1
    assert Instance(cls) in found
