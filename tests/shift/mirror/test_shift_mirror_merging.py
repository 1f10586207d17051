"""A mirror brought up to date: what is replaced, what is kept, what is said."""

from __future__ import annotations

import textwrap

from greenshift.shift.mirror.fingerprint import Marker, fingerprint
from greenshift.shift.mirror.merging import merged, written_anew
from greenshift.shift.mirror.pieces import Generation, Wanted

Piece = tuple[str, str] | tuple[str, str, str]


def wanted(source: str, text: str, *, version: str = "1", owner: str | None = None, is_header: bool = False) -> Wanted:
    marker = Marker(source, fingerprint(f"x = {version!r}"), fingerprint(text))
    name = text.split("class " if is_header else "def ")[1].partition("(")[0].partition(":")[0]
    return Wanted(marker, f"{owner}.{name}" if owner else name, text, owner, is_header)


def generation(*pieces: Wanted, imports: list[tuple[str, str, str]] | None = None) -> Generation:
    return Generation("", "import pytest", list(pieces), imports or [("pytest", "", "pytest")])


ONE = wanted("test_one", "async def test_async_one():\n    assert 1\n")
TWO = wanted("test_two", "async def test_async_two():\n    assert 2\n")
THREE = wanted("test_three", "async def test_async_three():\n    assert 3\n")
CLASS = wanted("TestA", "class TestAsyncA:\n    size = 1\n", is_header=True)
METHOD = wanted("TestA.test_m", "    async def test_async_m(self):\n        assert 4\n", owner="TestAsyncA")
SECOND = wanted("TestA.test_n", "    async def test_async_n(self):\n        assert 5\n", owner="TestAsyncA")
ALL = written_anew(generation(ONE, CLASS, METHOD, TWO), "test_it.py")


def changed(piece: Wanted, old: str, new: str) -> Wanted:
    return wanted(
        piece.marker.name, piece.text.replace(old, new), version="2", owner=piece.owner, is_header=piece.is_header
    )


def test_a_new_mirror_holds_all_and_is_not_behind() -> None:
    assert ALL.startswith("import pytest\n\n# The functions")
    assert ALL.index("test_async_one") < ALL.index("class TestAsyncA") < ALL.index("test_async_m(")
    assert ALL.index("test_async_m(") < ALL.index("test_async_two")
    again = merged(ALL, generation(ONE, CLASS, METHOD, TWO), force=False)
    assert (again.text, again.differences) == (ALL, [])


def test_a_change_of_the_source_replaces_its_piece_alone() -> None:
    result = merged(ALL, generation(changed(ONE, "1", "10"), CLASS, METHOD, TWO), force=False)
    assert [(one.name, one.what, one.reason) for one in result.differences] == [
        ("test_async_one", "changed", "its source has changed")
    ]
    assert [one for one in result.text.splitlines() if one not in ALL.splitlines()] == [
        changed(ONE, "1", "10").marker.line().rstrip(),
        "    assert 10",
    ]


def test_what_stands_around_the_pieces_is_kept_byte_for_byte() -> None:
    own = ALL.replace("import pytest\n", "import  os ; import pytest\n\n\nMINE = {1:2 }   # mine\n").replace(
        "        assert 4\n", "        assert 4\n\n    def mine( self ): pass   # mine\n"
    )
    own += "\n\n\n\nasync def test_mine( ) :\n  pass\n#end"
    result = merged(own, generation(changed(ONE, "1", "10"), CLASS, changed(METHOD, "4", "40"), TWO), force=False)
    assert "import  os ; import pytest\n\n\nMINE = {1:2 }   # mine\n" in result.text
    assert "        assert 40\n\n    def mine( self ): pass   # mine\n" in result.text
    assert result.text.endswith("\n\n\n\nasync def test_mine( ) :\n  pass\n#end")


def test_an_edited_piece_is_kept_and_reported_and_written_over_with_force() -> None:
    edited = ALL.replace("    assert 1\n", "    assert 1 == True\n")
    assert not merged(edited, generation(ONE, CLASS, METHOD, TWO), force=False).differences
    pieces = generation(changed(ONE, "1", "10"), CLASS, METHOD, TWO)
    result = merged(edited, pieces, force=False)
    assert result.text == edited
    [difference] = result.differences
    assert difference.what == "edited"
    assert edited.splitlines()[difference.line - 1] == "async def test_async_one():"
    assert "assert 10\n" in merged(edited, pieces, force=True).text


def test_a_formatter_edits_nothing() -> None:
    formatted = ALL.replace("    assert 1\n", "    assert (\n        1\n    )\n")
    result = merged(formatted, generation(changed(ONE, "1", "10"), CLASS, METHOD, TWO), force=False)
    assert [one.what for one in result.differences] == ["changed"]


def test_a_removed_source_takes_its_mirror_with_it_unless_edited() -> None:
    result = merged(ALL, generation(CLASS, METHOD, TWO), force=False)
    assert [(one.name, one.what) for one in result.differences] == [("test_async_one", "removed")]
    assert "test_async_one" not in result.text
    assert result.text == written_anew(generation(CLASS, METHOD, TWO), "test_it.py")
    edited = ALL.replace("    assert 1\n", "    assert True\n")
    kept = merged(edited, generation(CLASS, METHOD, TWO), force=False)
    assert (kept.text, kept.differences[0].what) == (edited, "edited")
    assert "test_async_one" not in merged(edited, generation(CLASS, METHOD, TWO), force=True).text


def test_a_class_is_removed_with_its_tests_but_not_with_somebody_s_own() -> None:
    assert merged(ALL, generation(ONE, TWO), force=False).text == written_anew(generation(ONE, TWO), "test_it.py")
    own = ALL.replace("        assert 4\n", "        assert 4\n\n    def mine(self):\n        pass\n")
    result = merged(own, generation(ONE, TWO), force=False)
    assert "class TestAsyncA:\n    size = 1\n\n    def mine(self)" in result.text
    assert {(one.name, one.what) for one in result.differences} == {
        ("TestAsyncA", "edited"),
        ("TestAsyncA.test_async_m", "removed"),
    }


def test_new_pieces_go_where_their_source_has_them() -> None:
    start = written_anew(generation(CLASS, METHOD, TWO), "test_it.py")
    result = merged(start, generation(ONE, CLASS, METHOD, SECOND, THREE, TWO), force=False)
    assert result.text == written_anew(generation(ONE, CLASS, METHOD, SECOND, THREE, TWO), "test_it.py")
    assert {one.what for one in result.differences} == {"new"}


def test_a_piece_without_its_marker_is_somebody_s_own() -> None:
    own = "".join(line for line in ALL.splitlines(keepends=True) if "mirror of test_one " not in line)
    result = merged(own, generation(changed(ONE, "1", "10"), CLASS, METHOD, TWO), force=False)
    assert (result.text, result.differences) == (own, [])


def test_imports_are_added_and_none_is_taken_out() -> None:
    own = ALL.replace("import pytest\n", "import os\n\nimport pytest\n")
    needed = [("pytest", "", "pytest"), ("sqlalchemy", "select", "select"), (".factories", "make", "make")]
    text = merged(own, generation(ONE, CLASS, METHOD, TWO, imports=needed), force=False).text
    head = text.partition("# The functions")[0]
    assert head == textwrap.dedent(
        """\
        import os

        import pytest
        from sqlalchemy import select
        from .factories import make

        """
    )
    again = merged(text, generation(ONE, CLASS, METHOD, TWO, imports=needed), force=False)
    assert again.text == text
