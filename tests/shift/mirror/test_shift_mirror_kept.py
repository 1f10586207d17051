"""Files that a shift keeps as they are, and imports in their order: what a mirror rests on."""

from __future__ import annotations

import pytest
from mirror_samples import CRUD, MODELS

from greenshift.shift.mirror.import_order import with_sorted_imports
from greenshift.shift.rewrite.context import Options
from greenshift.shift.rewrite.stages import run_stages

KEPT = frozenset({"shop/models.py", "shop/crud.py"})
TESTS = """import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from shop.crud import find_user


@pytest.fixture
def session():
    with Session(create_engine("postgresql+psycopg:///x")) as session:
        yield session


def test_it(session):
    found = find_user(session, "eve")
    assert found.posts == []
"""


def shifted(kept: frozenset[str]) -> str:
    texts = {"shop/__init__.py": "", "shop/models.py": MODELS, "shop/crud.py": CRUD, "test_it.py": TESTS}
    return run_stages(texts, Options(kept=kept))[-1].texts["test_it.py"]


def test_what_calls_a_kept_function_bridges_and_loads_what_it_reads() -> None:
    assert shifted(KEPT).endswith(
        '    found = await session.run_sync(lambda _: find_user(session.sync_session, "eve"))\n'
        '    await session.refresh(found, ["posts"])\n'
        "    assert found.posts == []\n"
    )


def test_else_the_function_is_awaited() -> None:
    assert 'found = await find_user(session, "eve")\n' in shifted(frozenset())


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        (
            "from b import c, A\nimport z\nfrom a import x\n\nfrom y import B, a\nfrom y.x import q\n",
            "import z\nfrom a import x\nfrom b import A, c\n\nfrom y import B, a\nfrom y.x import q\n",
        ),
        ("from b import a  # why\nimport a\n", "from b import a  # why\nimport a\n"),
        ("from b import (\n    b,\n    a,\n)\n", "from b import (\n    b,\n    a,\n)\n"),
        ("from .b import a\nfrom a import b as c\n", "from a import b as c\nfrom .b import a\n"),
    ],
)
def test_imports_are_sorted_within_their_blocks(text: str, ordered: str) -> None:
    assert with_sorted_imports(text) == ordered
