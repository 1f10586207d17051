"""Loader options are put into the statement that loaded the object, and nothing else of the file changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenshift.explain.editing import apply
from greenshift.explain.editing.imports import import_edits
from greenshift.explain.editing.load_options import Step, insert_options
from greenshift.explain.editing.source import read_source

OWNER = [[Step("selectinload", None, "owner")]]
CITY = [[Step("selectinload", None, "owner"), Step("selectinload", "Owner", "city")]]


def edited(folder: Path, code: str, line: int, chains: list[list[Step]]) -> str | None:
    """The code with options in the statement of a line, without their import; None where no place is certain."""
    path = folder / "sample.py"
    path.write_text(code)
    source = read_source(str(path))
    assert source is not None
    inserted = insert_options(source, line, {"Account"}, chains)
    if inserted is None:
        return None
    applied = apply(inserted.edits)
    after = path.read_text()
    ast.parse(after)
    applied.undo()
    assert path.read_text() == code
    return after


def _samples() -> Iterator[tuple[str, str, str | None]]:
    """The name, the code before and the code after of each sample in ``load_options.txt``."""
    _, *blocks = re.split(r"^=== (?=.)", (Path(__file__).parent / "load_options.txt").read_text(), flags=re.MULTILINE)
    for block in blocks:
        name, _, code = block.partition("\n")
        before, found, after = code.partition("--- after\n")
        yield name, before.rstrip() + "\n", after.rstrip() + "\n" if found else None


@pytest.mark.parametrize(("before", "after"), [pytest.param(*sample, id=name) for name, *sample in _samples()])
def test_options_go_where_the_object_was_loaded(before: str, after: str | None, tmp_path: Path) -> None:
    line = before[: before.index("#<")].count("\n") + 1
    expected = None if after is None else after.replace("OPTION", "selectinload(Account.owner)")
    assert edited(tmp_path, before, line, OWNER) == expected


def test_there_are_samples_of_both_kinds() -> None:
    samples = list(_samples())
    assert len([one for one in samples if one[2] is not None]) >= 25
    assert len([one for one in samples if one[2] is None]) >= 10


NESTED = {
    "nothing of it is there": (
        "select(Account)",
        "select(Account).options(selectinload(Account.owner).selectinload(Owner.city))",
    ),
    "its beginning is there": (
        "select(Account).options(joinedload(Account.owner))",
        "select(Account).options(joinedload(Account.owner).selectinload(Owner.city))",
    ),
    "its beginning is there among others": (
        "select(Account).options(joinedload(Account.branch), orm.selectinload(Account.owner), defer(Account.note))",
        "select(Account).options(joinedload(Account.branch), orm.selectinload(Account.owner).selectinload(Owner.city), "
        "defer(Account.note))",
    ),
    "a longer one begins so": (
        "select(Account).options(joinedload(Account.owner).joinedload(Owner.bank))",
        "select(Account).options(joinedload(Account.owner).joinedload(Owner.bank))"
        ".options(selectinload(Account.owner).selectinload(Owner.city))",
    ),
}


@pytest.mark.parametrize("name", NESTED)
def test_a_chain_goes_on_from_the_option_that_is_there(name: str, tmp_path: Path) -> None:
    before, after = NESTED[name]
    frame = "def f(s):\n    return s.scalars({})\n"
    assert edited(tmp_path, frame.format(before), 2, CITY) == frame.format(after)


def test_a_chain_goes_on_from_the_options_of_get(tmp_path: Path) -> None:
    before = "def f(s):\n    return s.get(Account, 1, options=[joinedload(Account.owner)])\n"
    after = "def f(s):\n    return s.get(Account, 1, options=[joinedload(Account.owner).selectinload(Owner.city)])\n"
    assert edited(tmp_path, before, 2, CITY) == after


def test_several_chains_are_one_call(tmp_path: Path) -> None:
    chains = [[Step("selectinload", None, "owner")], [Step("undefer", None, "note")]]
    after = edited(tmp_path, "def f(s):\n    return s.scalars(select(Account))\n", 2, chains)
    assert after is not None
    assert ".options(selectinload(Account.owner), undefer(Account.note))" in after


def test_line_ends_of_windows_stay(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    lines = [
        "import x",
        "",
        "",
        "def f(s):",
        "    return s.scalars(",
        "        select(Account)",
        "        .limit(1)",
        "    )",
    ]
    code = "".join(f"{line}\r\n" for line in lines).encode()
    path.write_bytes(code)
    source = read_source(str(path))
    assert source is not None
    inserted = insert_options(source, 5, {"Account"}, OWNER)
    assert inserted is not None
    apply([*inserted.edits, *import_edits(source, "sqlalchemy.orm", ["selectinload"])])
    after = path.read_bytes()
    assert after.count(b"\n") == after.count(b"\r\n") == code.count(b"\n") + 2
    assert b"        .options(selectinload(Account.owner))\r\n" in after


ROOTS = ["select(Account)", "select(Account, Owner)", "sa.select(Account)", "select(models.Account)"]
METHODS = [
    ".where(Account.id == 1)",
    ".limit(1)",
    "\n        .order_by(Account.id)",
    ".join(\n            Account.owner\n        )",
    ".options(defer(Account.note))",
]
CALLS = [
    "return (await session.{method}(\n        {statement}\n    )).all()",
    "return await self.session.{method}({statement})",
    "async for row in await session.{method}({statement}):\n        print(row)",
    "rows = [row async for row in await session.{method}({statement})]",
    "stmt = (\n        {statement}\n    )\n    x = await session.{method}(stmt)",
    "if (row := (await session.{method}({statement})).first()) is not None:\n        print(row)",
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(ROOTS),
    st.lists(st.sampled_from(METHODS), max_size=4),
    st.sampled_from(CALLS),
    st.sampled_from(["scalars", "execute", "stream", "scalar"]),
)
def test_without_the_option_the_program_is_the_same(
    tmp_path: Path, root: str, methods: list[str], call: str, method: str
) -> None:
    body = call.format(method=method, statement=root + "".join(methods))
    code = f"async def f(self, session):\n    {body}\n"
    line = next(number for number, text in enumerate(code.splitlines(), 1) if f".{method}(" in text)
    after = edited(tmp_path, code, line, OWNER)
    assert after is not None, code
    tree = ast.parse(after)
    removed = _WithoutOption().visit(tree)
    assert ast.dump(removed) == ast.dump(ast.parse(code))
    assert after.count("selectinload") == 1


class _WithoutOption(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "options"
            and "selectinload" in ast.dump(node.args[0])
        ):
            return node.func.value
        return node
