"""Lines of differences have the right roles, and words are compared as words."""

import pytest

from greenshift.report.html.lines import Piece, code_markup, difference_lines, word_difference
from greenshift.report.page import Code

DIFFERENCE = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,4 +1,4 @@
 same
--- a comment of SQL that went
+-- one that came
-old
\\ No newline at end of file
diff --git a/b.py b/b.py
new file mode 100644
--- /dev/null
+++ b/b.py
@@ -0,0 +1 @@
++++ plus
"""


def test_each_line_of_a_difference_has_its_role() -> None:
    assert [line.role for line in difference_lines(DIFFERENCE)] == [
        "file", "file", "file", "place", "", "removed", "added", "removed", "", "file", "file", "file", "file", "place",
        "added",
    ]  # fmt: skip


def test_lines_are_shown_as_they_are() -> None:
    shown = str(code_markup(Code("a < b\n\n  c & d\n", first_line=9, marked=(11,))))
    assert shown == (
        '<span class="line-number">9</span>a &lt; b\n<span class="line-number">10</span>\n'
        '<span class="line marked"><span class="line-number">11</span>  c &amp; d\n</span>'
    )
    assert str(code_markup(Code("", "diff"))) == "\n"


def test_words_that_differ_are_marked_on_both_sides() -> None:
    before, after = word_difference("SELECT a, b FROM t", "SELECT a FROM t WHERE x")
    assert before == [Piece("SELECT a", False), Piece(", b", True), Piece(" FROM t", False)]
    assert after == [Piece("SELECT a", False), Piece(" FROM t", False), Piece(" WHERE x", True)]


@pytest.mark.parametrize(("before", "after"), [(None, "a"), ("a", None), (None, None), ("a " * 3000, "b " * 3000)])
def test_nothing_is_marked_where_nothing_is_compared(before: str | None, after: str | None) -> None:
    one, other = word_difference(before, after)
    assert one == [Piece(before or "", False)]
    assert other == [Piece(after or "", False)]
