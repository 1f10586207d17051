"""What a detector leaves out, whose statements it counts, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextvars
import textwrap
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from library_models import Author
from programs import load, run

from greenshift import trace
from greenshift.explain.explanation import Explanation
from greenshift.explain.n_plus_one import Detector

HEAD = """
import pytest
from library_models import Author, Book, Tag
from sqlalchemy import select

"""
LAZY = """
def program(session):
    authors = session.scalars(select(Author)).all(){parents}
    for author in authors:{loop}
        assert author.books{read}
"""
BY_HAND = """
def program(session):
    for number in (1, 2, 3):{loop}
        assert session.get(Author, number){read}
"""


@pytest.fixture
def findings(library_url: Callable[[str], str], tmp_path: Path) -> Callable[..., list[Explanation]]:
    """Run a program in a file of this name, and return what was found."""

    def find(source: str, file: str = "app.py", **options: Any) -> list[Explanation]:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + textwrap.dedent(source))
        detector = Detector(root=tmp_path, **options)
        run(load(path).program, library_url("psycopg"), detector)
        return detector.findings()

    return find


Find = Callable[..., list[Explanation]]
COMMENT = "  # greenshift: ignore[n+1]"


@pytest.mark.parametrize("source", [LAZY, BY_HAND])
@pytest.mark.parametrize("where", ["parents", "loop", "read"])
def test_a_comment_silences_a_line(findings: Find, source: str, where: str) -> None:
    silent = {"parents": "", "loop": "", "read": ""}
    assert len(findings(source.format(**silent))) == 1
    other = {**silent, where: "  # greenshift: ignore[blocking]"}
    assert len(findings(source.format(**other))) == 1
    if f"{{{where}}}" in source:
        assert findings(source.format(**{**silent, where: COMMENT})) == []
        assert findings(source.format(**{**silent, where: "  # why  # greenshift: ignore[other, N+1]"})) == []


@pytest.mark.parametrize("line", [1, 2, 3, 4, 5, 6, 7])
def test_a_comment_may_stand_on_any_line_of_the_statement(findings: Find, line: int) -> None:
    lines = [
        "authors = session.scalars(",
        "    select(Author)",
        ").all()",
        "for author in (",
        "    authors",
        "):",
        "    pass; assert author.books",
    ]
    lines[line - 1] += COMMENT
    body = textwrap.indent("\n".join(lines), "    ")
    assert findings(f"def program(session):\n{body}") == []


def test_a_comment_in_the_body_is_not_the_loops(findings: Find) -> None:
    source = LAZY.format(parents="", loop="", read="") + f"        assert author.name{COMMENT}\n"
    assert len(findings(source)) == 1


@pytest.mark.parametrize(
    ("glob", "is_silent"),
    [("app/old.py", True), ("app/*.py", True), ("app", True), ("app/", True), ("**/old.py", True), ("old.py", False)],
)
@pytest.mark.parametrize("source", [LAZY, BY_HAND])
def test_paths_are_ignored(findings: Find, source: str, glob: str, is_silent: bool) -> None:
    found = findings(source.format(parents="", loop="", read=""), "app/old.py", ignored_paths=[glob])
    assert bool(found) != is_silent


@pytest.mark.parametrize("file", ["test_shop.py", "shop_test.py", "conftest.py", "tests/factories.py"])
@pytest.mark.parametrize("source", [LAZY, BY_HAND])
def test_loops_of_tests_are_innocent(findings: Find, source: str, file: str) -> None:
    text = source.format(parents="", loop="", read="")
    assert findings(text, file) == []
    assert len(findings(text, file, loops_in_tests=True)) == 1


IN_A_TEST = """
def test_it(session):
    for number in (1, 2, 3):
        assert session.get(Author, number)

program = test_it
"""
IN_A_FIXTURE = """
def rows(session):
    @pytest.fixture
    def authors():
        return [session.get(Author, number) for number in (1, 2, 3)]
    return authors

def program(session):
    function = rows(session)
    function = getattr(function, "_fixture_function", None) or function.__pytest_wrapped__.obj
    assert function()
"""
CALLED_BY_A_TEST = """
def test_it(session):
    for number in (1, 2, 3):
        assert name(session, number)

def name(session, number):
    return session.get(Author, number).name

program = test_it
"""
LOOP_CALLED_BY_A_TESTS_LOOP = """
def test_it(session):
    for number in (1, 2, 3):
        assert names(session, [number])

def names(session, numbers):
    return [session.get(Author, number).name for number in numbers]

program = test_it
"""


@pytest.mark.parametrize("source", [IN_A_TEST, IN_A_FIXTURE, CALLED_BY_A_TEST, LOOP_CALLED_BY_A_TESTS_LOOP])
def test_loops_of_test_functions_are_innocent(findings: Find, source: str) -> None:
    assert findings(source) == []
    assert len(findings(source, loops_in_tests=True)) == 1


def test_a_loop_of_the_application_that_a_test_calls_once_is_not(findings: Find) -> None:
    source = LOOP_CALLED_BY_A_TESTS_LOOP.replace(
        "for number in (1, 2, 3):\n        assert names(session, [number])", "assert names(session, [1, 2, 3])"
    )
    assert len(findings(source)) == 1


def test_parents_that_a_test_loaded_are_its_own_affair(findings: Find, tmp_path: Path) -> None:
    (tmp_path / "serializer_of_app.py").write_text(
        "def serialize(rows):\n    return [len(row.books) for row in rows]\n"
    )
    source = f"""
    import sys
    sys.path.insert(0, {str(tmp_path)!r})
    from serializer_of_app import serialize

    def program(session):
        serialize(session.scalars(select(Author)).all())
    """
    assert findings(source, "test_serializer.py") == []
    assert len(findings(source, "route.py")) == 1


def test_the_same_loop_gone_through_twice_is_one_finding(findings: Find) -> None:
    source = """
    def program(session):
        once(session)
        session.expunge_all()
        once(session)

    def once(session):
        for author in session.scalars(select(Author)).all():
            assert author.books
    """
    [found] = findings(source)
    assert found.headline == "6 statements loaded Author.books, one for each Author (2 loops)"


def test_two_attributes_are_two_findings_whose_edits_go_together(findings: Find, tmp_path: Path) -> None:
    from greenshift.explain.editing import apply

    source = """
    def program(session):
        for book in session.scalars(select(Book)).all():
            assert book.author
            assert book.publisher
    """
    found = findings(source)
    assert [one.kind for one in found] == ["N+1 lazy loads"] * 2
    apply([edit for one in found for edit in one.edits])
    mended = (tmp_path / "app.py").read_text()
    assert "selectinload(Book.author)" in mended
    assert "selectinload(Book.publisher)" in mended
    assert findings(mended.replace(HEAD, "")) == []


def test_a_template_is_named_by_its_own_line(findings: Find, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "<ul>\n\n{% for author in authors %}\n<li>{{ author.books|length }}\n{% endfor %}"
    )
    source = """
    from pathlib import Path
    from jinja2 import Environment, FileSystemLoader

    def program(session):
        environment = Environment(loader=FileSystemLoader(Path(__file__).parent))
        environment.get_template("page.html").render(authors=session.scalars(select(Author)).all())
    """
    [found] = findings(source)
    read = found.where[0]
    assert (Path(read.file).name, read.line, read.role) == ("page.html", 4, "loaded one by one here")
    assert read.code == "<li>{{ author.books|length }}"
    assert found.edits


def test_values_are_neither_shown_nor_kept(findings: Find) -> None:
    source = """
    def program(session):
        for name in ("hunter2", "swordfish", "tr0ub4dor"):
            session.scalar(select(Tag.id).where(Tag.name == name))
    """
    [found] = findings(source)
    assert "swordfish" not in found.headline + found.because + found.fix


def test_only_owned_statements_count(library_url: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(
        HEAD
        + "async def handle(factory, loops):\n"
        + "    async with factory() as session:\n"
        + "        for number in range(1, loops + 1):\n"
        + "            assert await session.get(Author, number)\n"
    )
    module = load(path)
    request = contextvars.ContextVar("request", default="")
    found: dict[str, int] = {}

    async def handle(factory: object, name: str, loops: int) -> None:
        request.set(name)
        with Detector(root=tmp_path, owns=lambda _: request.get() == name) as detector:
            await module.handle(factory, loops)
            await asyncio.sleep(0.1)
        found[name] = len(detector.findings())

    async def program(factory: object) -> None:
        await asyncio.gather(handle(factory, "loop", 3), handle(factory, "no loop", 1))

    run(program, library_url("asyncpg"), nullcontext())
    assert found == {"loop": 1, "no loop": 0}


def test_it_stops_and_may_be_closed_twice(findings: Find, library_url: Callable[[str], str], tmp_path: Path) -> None:
    detector = Detector(root=tmp_path).start()
    assert trace.active()
    assert detector.start() is detector
    detector.close()
    detector.close()
    assert not trace.active()
    assert findings(LAZY.format(parents="", loop="", read=""))
    assert detector.findings() == detector.advice() == []
    assert Author.books is not None
