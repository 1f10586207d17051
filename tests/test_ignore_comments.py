"""One reader of ``# greenshift: ignore[...]``: which lines a comment speaks of, and what is no comment."""

from pathlib import Path

import pytest

from greenshift.ignore_comments import ignore_comments, is_ignored


def covered(text: str, name: str = "GS101", *, python: bool = True) -> list[int]:
    """The lines on which a name is ignored."""
    comments = ignore_comments(text, python=python)
    lines = range(1, text.count("\n") + 2)
    return [line for line in lines if any(comment.covers(line, name) for comment in comments)]


CALL = "engine = create_engine(\n    URL,\n    echo=True,\n)\nother = 1\n"


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_comment_on_any_line_of_a_statement_speaks_of_all_of_it(line: int) -> None:
    lines = CALL.split("\n")
    lines[line - 1] += "  # greenshift: ignore[GS101] a script"
    assert covered("\n".join(lines)) == [1, 2, 3, 4]


def test_a_comment_alone_speaks_of_the_statement_below() -> None:
    assert covered("x = 1\n# greenshift: ignore[GS101] a script\n# of one user\n" + CALL) == [2, 4, 5, 6, 7]
    assert covered("class A:\n    # greenshift: ignore[GS101] why\n    x = 1\n    y = 2\n") == [2, 3]


def test_an_empty_line_parts_it_from_the_statement() -> None:
    assert covered("# greenshift: ignore[GS101] why\n\nx = 1\n") == [1]


def test_of_a_compound_statement_it_speaks_of_the_head() -> None:
    assert covered("for a in (\n    b,\n):  # greenshift: ignore[GS101] why\n    a.x\n") == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        'x = "# greenshift: ignore[GS101] why"\n',
        '"""\n# greenshift: ignore[GS101] why\n"""\n',
        "x = 1  # greenshift: ignore GS101\n",
        "x = 1  # greenshift: ignore[GS102] why\n",
        "x = 1  # blueshift: ignore[GS101] why\n",
    ],
)
def test_what_is_no_such_comment(text: str) -> None:
    assert covered(text) == []


def test_the_names_in_any_case_and_the_reason() -> None:
    text = "x = 1  # noqa  # Greenshift: IGNORE[gs101,n+1 , GS301]: one user # type: ignore\n"
    (comment,) = ignore_comments(text)
    assert comment.names == ("gs101", "n+1", "GS301")
    assert comment.reason == "one user"
    assert (comment.line, comment.column) == (1, 16)
    assert text[comment.column - 1 : comment.end_column - 1] == "# Greenshift: IGNORE[gs101,n+1 , GS301]: one user"
    assert covered(text, "N+1") == [1]


def test_a_comment_without_names_ignores_nothing() -> None:
    (comment,) = ignore_comments("x = 1  # greenshift: ignore\n")
    assert comment.names == ()


def test_source_that_is_no_python_is_read_as_far_as_it_is() -> None:
    assert covered("x = 1  # greenshift: ignore[GS101] why\ny = (\n") == [1]
    assert covered("y = (1,  # greenshift: ignore[GS101] why\n") == [1]
    assert covered("if x:\n        y\n    z  # greenshift: ignore[GS101] why\n") == []


def test_a_file_of_another_kind() -> None:
    text = "sqlalchemy  # greenshift: ignore[GS101] why\nflask\n# greenshift: ignore[GS101] why\nasyncpg\nredis#x\n"
    assert covered(text, python=False) == [1, 3, 4]


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    import linecache

    file = tmp_path / "shop.py"
    file.write_text("x = 1\n")
    assert not is_ignored(str(file), [1], "blocking")
    file.write_text("x = 1  # greenshift: ignore[blocking]\n")
    linecache.checkcache(str(file))
    assert is_ignored(str(file), [1], "blocking")
    assert not is_ignored(str(tmp_path / "missing.py"), [1], "blocking")
