"""A dependency whose constructor reads the database is made by a class method that FastAPI awaits."""

from __future__ import annotations

import pytest
from infrastructure import flip

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.flip.constructed_dependencies import fix_constructed_dependencies

HEAD = """\
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(bind=create_engine("sqlite://"))
app = FastAPI()


def get_db():
    with SessionLocal() as session:
        yield session


class Page:
    def __init__(self, size: int = Query(20), db: Session = Depends(get_db)):
        self.size = size
        self.total = db.scalar(select(1))


class Plain:
    def __init__(self, size: int = 1):
        self.size = size


"""
MADE = """\
    @classmethod
    async def make(cls, size: int = Query(20), db: AsyncSession = Depends(get_db)):
        \"\"\"Make one where its constructor, which reads the database, can run.\"\"\"
        return await db.run_sync(lambda _: cls(size, db))
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("page: Page = Depends()", "page: Page = Depends(Page.make)"),
        ("page: Page = Depends(Page)", "page: Page = Depends(Page.make)"),
        ("page: Annotated[Page, Depends()]", "page: Annotated[Page, Depends(Page.make)]"),
    ],
)
def test_every_way_to_depend(before: str, after: str) -> None:
    code = HEAD + f'@app.get("/")\ndef read({before}, plain: Plain = Depends()):\n    return page.total\n'
    code += "\n\napp.dependency_overrides[Page] = lambda: None\n"
    text = flip(code, fix_constructed_dependencies, fix_awaiting, fix_bridges).texts["app.py"]
    assert MADE in text
    assert f"def read({after}, plain: Plain = Depends()):" in text
    assert "app.dependency_overrides[Page.make] = lambda: None\n" in text
    assert "self.total = db.sync_session.scalar(select(1))\n" in text


def test_without_a_session_among_the_parameters() -> None:
    code = HEAD.replace("size: int = Query(20), db: Session = Depends(get_db)", "size, *, name='a'").replace(
        "        self.size = size\n        self.total", "        db = SessionLocal()\n        self.total"
    )
    code += "def read(page=Depends(Page)):\n    return page.total\n"
    text = flip(code, fix_constructed_dependencies, fix_awaiting, fix_bridges).texts["app.py"]
    assert "async def make(cls, size, *, name='a'):" in text
    assert "return await greenlet_spawn(lambda: cls(size, name=name))\n" in text


def test_a_constructor_that_reads_nothing_is_called_as_before() -> None:
    code = HEAD + '@app.get("/")\ndef read(plain: Plain = Depends()):\n    return plain.size\n'
    text = flip(code, fix_constructed_dependencies).texts["app.py"]
    assert "plain: Plain = Depends())" in text
