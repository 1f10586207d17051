"""Puts text around a chain of method calls, however it is laid out, and keeps its comments."""

from __future__ import annotations

import ast
import io
import tokenize

from greenshift.shift.project import Source
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.edits import Edits
from greenshift.shift.rewrite.modernize.group import LeaveError, steps_down

LONGEST_LINE = 110
"""Chains that would reach beyond are put on lines of their own."""
INDENT = "    "


def name_start(source: Source, attribute: ast.Attribute) -> int:
    """Return the offset of the name in ``receiver.name``."""
    return source.end(attribute) - len(attribute.attr)


def comments_in(text: str) -> list[str]:
    """Return the comments in a piece of text between tokens (white space, brackets, names)."""
    if "#" not in text:
        return []
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({text.replace('(', ' ').replace(')', ' ')}\n)").readline):
            if token.type == tokenize.COMMENT:
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        found = [line[line.index("#") :].rstrip() for line in text.split("\n") if "#" in line]
    return found


def without_comments(source: Source, start: int, end: int, node: ast.AST) -> None:
    """Make sure that no comment stands in a span that is about to be replaced.

    Raises:
        LeaveError: One does.
    """
    if comments_in(source.text[start:end]):
        raise LeaveError("a comment stands in the middle of it", node)


def _closing(gap: str) -> str:
    """The closing brackets in the text behind a receiver: those of its own parentheses."""
    bare = "\n".join(line.partition("#")[0] for line in gap.split("\n"))
    return ")" * bare.count(")")


def _is_broken(source: Source, node: ast.expr) -> bool:
    """Whether a chain has line breaks between its methods, not only inside their arguments."""
    for call in steps_down(node):
        attribute = call.func
        if isinstance(attribute, ast.Attribute):
            gap = source.text[source.end(attribute.value) : name_start(source, attribute)]
            if "\n" in gap:
                return True
    return False


def enclose(
    edits: Edits, node: ast.expr, before: str, inside: str, closing: str, replaced: ast.expr | None = None
) -> None:
    """Put text around a query: ``before`` QUERY ``inside`` ``closing``.

    Args:
        edits: The edits of the file.
        node: The query.
        before: Ends with the opening bracket.
        inside: Method calls added to the query.
        closing: Begins with the closing bracket.
        replaced: A method call on the query (or a subscript of it) that the new text stands for; None if the query
            itself is enclosed.

    Raises:
        LeaveError: It stands in an f-string that has no room for it.
    """
    source = edits.source
    outer = node if replaced is None else replaced
    start, end = source.start(outer), source.end(outer)
    gap = source.text[source.end(node) : end] if replaced is not None else ""
    parenthesis = ""
    comments = comments_in(gap)
    broken = _is_broken(source, node) or bool(comments)
    if isinstance(replaced, ast.Call) and isinstance(replaced.func, ast.Attribute):
        before_name = source.text[source.end(node) : name_start(source, replaced.func)]
        parenthesis = _closing(before_name)
        broken = broken or "\n" in before_name
    line_start, line_end = source.line_start(start), source.line_end(end)
    string = _f_string_around(source, start)
    if string is not None:
        quote = '"' if source.segment(string).rstrip().endswith('"') else "'"
        if quote in before + inside + closing or broken:
            raise LeaveError("it stands in an f-string, where it has no room", node)
    elif not broken and source.text.count("\n", start, end) == 0:
        length = line_end - line_start + len(before) + len(inside) + len(closing) - len(gap) - _shortened(source, node)
        broken = length > LONGEST_LINE
    if not broken:
        edits.insert_before(outer, before)
        _finish(edits, source.end(node), end, f"{parenthesis}{inside}{closing}", node)
        return
    line = source.text[line_start:line_end]
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    edits.insert_before(outer, f"{before}\n{indent}{INDENT}")
    _indent_lines(edits, node, start)
    tail = parenthesis + (_break_before_last(source, node) if inside and not parenthesis else "") + inside
    if comments:
        tail += "  " + f"\n{indent}{INDENT}".join(comments)
    _finish(edits, source.end(node), end, f"{tail}\n{indent}{closing}", node)


def _f_string_around(source: Source, offset: int) -> ast.JoinedStr | None:
    """The f-string that holds an offset: before Python 3.12 no line breaks in its expressions, and not its quotes."""
    if "{" not in source.text[source.line_start(offset) : offset]:
        return None
    strings = source.nodes_of(ast.JoinedStr)
    return next((one for one in strings if source.start(one) < offset < source.end(one)), None)


def _shortened(source: Source, node: ast.expr) -> int:
    """By how much ``session.query`` at the beginning of a chain is longer than ``select``."""
    for call in steps_down(node):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "query":
            return source.end(call.func) - source.start(call.func) - len("select")
    return 0


def _break_before_last(source: Source, node: ast.expr) -> str:
    """The line break to put before an added method, if the chain's last method begins a line."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        dot = source.text.rfind(".", 0, name_start(source, node.func))
        before = source.text[source.line_start(dot) : dot]
        if not before.strip():
            return f"\n{before}{INDENT}"
    return ""


def _finish(edits: Edits, start: int, end: int, text: str, node: ast.expr) -> None:
    if start < end:
        edits.replace(start, end, text)
    else:
        edits.insert_after(node, text)


def _indent_lines(edits: Edits, node: ast.expr, start: int) -> None:
    """Indent the lines of a node that begin inside it, strings over several lines left as they are."""
    source = edits.source
    inside_strings: set[int] = set()
    for each in walk(node):
        if isinstance(each, ast.Constant | ast.JoinedStr) and (each.end_lineno or each.lineno) > each.lineno:
            if isinstance(each, ast.Constant) and not isinstance(each.value, str | bytes):
                continue
            inside_strings.update(range(each.lineno + 1, (each.end_lineno or each.lineno) + 1))
    first = source.text.count("\n", 0, start) + 1
    offset, number, end = source.line_end(start), first + 1, source.end(node)
    while offset < end:
        if number not in inside_strings and source.text[offset : source.line_end(offset)].strip():
            edits.insert(offset, INDENT)
        offset, number = source.line_end(offset), number + 1


__all__ = ["INDENT", "LONGEST_LINE", "comments_in", "enclose", "name_start", "without_comments"]
