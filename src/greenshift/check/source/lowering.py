"""Source of a newer Python, written so that an older one parses it: of the same length, every position kept.

What is newer than the running Python and says nothing of configuration is blanked or replaced: type parameters
(PEP 695, 696), ``type X = ...``, f-strings that hold their own quotes (PEP 701), template strings (PEP 750), and
``except A, B:`` (PEP 758). LibCST's own parser knows all of them, whatever Python runs it.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

import libcst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

# Stands for what the running Python cannot parse; no program assigns it, so its value is unknown.
_UNKNOWN: Final = b"_"
_TYPE_ALIAS: Final = re.compile(rb"type(\s+)")


# Deeper than CPython itself allows, and LibCST's parser would run out of its stack, which no exception tells.
_DEEPEST: Final = 200
_LONGEST_LINE: Final = 50_000


def _is_safe(text: str) -> bool:
    """Whether a text is shallow enough for LibCST's parser, which recurses natively."""
    depth = 0
    for match in re.finditer(r"[\[({]|[\])}]", text):
        depth = depth + 1 if match.group() in "[({" else max(0, depth - 1)
        if depth > _DEEPEST:
            return False
    return max(map(len, text.split("\n"))) <= _LONGEST_LINE


class _Span(libcst.CSTVisitor):
    """Collects the places of newer constructs."""

    METADATA_DEPENDENCIES = (ByteSpanPositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.blanked: list[CodeSpan] = []
        self.aliases: list[CodeSpan] = []
        self.handlers: list[CodeSpan] = []
        self.texts: list[tuple[CodeSpan, list[CodeSpan]]] = []

    def _span(self, node: libcst.CSTNode) -> CodeSpan:
        return self.get_metadata(ByteSpanPositionProvider, node)

    def visit_TypeParameters(self, node: libcst.TypeParameters) -> None:  # noqa: N802 (LibCST's name)
        self.blanked.append(self._span(node))

    def visit_TypeAlias(self, node: libcst.TypeAlias) -> None:  # noqa: N802
        self.aliases.append(self._span(node))

    def visit_ExceptHandler(self, node: libcst.ExceptHandler) -> None:  # noqa: N802
        self._handler(node.type)

    def visit_ExceptStarHandler(self, node: libcst.ExceptStarHandler) -> None:  # noqa: N802
        self._handler(node.type)

    def _handler(self, caught: libcst.BaseExpression | None) -> None:
        if isinstance(caught, libcst.Tuple) and not caught.lpar:
            self.handlers.extend(
                self._span(element.comma) for element in caught.elements if isinstance(element.comma, libcst.Comma)
            )

    def visit_FormattedString(self, node: libcst.FormattedString) -> bool:  # noqa: N802
        return self._text(node, [part for part in node.parts if isinstance(part, libcst.FormattedStringExpression)])

    def visit_TemplatedString(self, node: libcst.CSTNode) -> bool:  # noqa: N802
        return self._text(node, [part for part in getattr(node, "parts", ()) if hasattr(part, "expression")])

    def _text(self, node: libcst.CSTNode, parts: list[libcst.FormattedStringExpression]) -> bool:
        self.texts.append((self._span(node), [self._span(part) for part in parts]))
        return False


def is_python(text: str) -> bool:
    """Return whether a text is Python of any version that LibCST knows.

    Args:
        text: the source.
    """
    if not _is_safe(text):
        return False
    try:
        libcst.parse_module(text)
    except (libcst.ParserSyntaxError, RecursionError):
        return False
    return True


def lowered(text: str) -> str | None:
    """Return a text with newer constructs replaced, line by line as long as it was in bytes; None if it is no Python.

    Args:
        text: the source, with ``\\n`` line ends.
    """
    if not _is_safe(text):
        return None
    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
        spans = _Span()
        wrapper.visit(spans)
    except (libcst.ParserSyntaxError, RecursionError):
        return None
    content = bytearray(text.encode())
    for start, length in _pairs(spans.blanked):
        content[start : start + length] = _blank(bytes(content[start : start + length]))
    for start, length in _pairs(spans.aliases):
        match = _TYPE_ALIAS.match(content, start, start + length)
        if match is not None:
            content[match.start(1) : match.end(1)] = _UNKNOWN * (match.end(1) - match.start(1))
    for start, length in _pairs(spans.handlers):
        comma = content.find(b",", start, start + max(length, 1))
        if comma >= 0:
            content[comma : comma + 1] = b"|"
    for whole, parts in spans.texts:
        _lower_text(content, whole, parts)
    return content.decode()


def _pairs(spans: list[CodeSpan]) -> Iterator[tuple[int, int]]:
    for span in spans:
        yield span.start, span.length


def _blank(piece: bytes) -> bytes:
    """Return spaces; where lines end within, a backslash goes before, so that the statement goes on."""
    return re.sub(rb"[^\n](?=\n)", b"\\\\", re.sub(rb"[^\n]", b" ", piece))


def _lower_text(content: bytearray, whole: CodeSpan, parts: list[CodeSpan]) -> None:
    """Replace the expressions of an f-string that the running Python cannot parse, else all of it."""
    start, end = whole.start, whole.start + whole.length
    quote = min(place for place in (content.find(b'"', start), content.find(b"'", start)) if place >= 0)
    for place in range(start, quote):
        if chr(content[place]) in "tT":
            content[place : place + 1] = b"f"
    if _parses(content[start:end]):
        return
    for part in parts:
        inner = slice(part.start + 1, part.start + part.length - 1)
        piece = bytes(content[inner])
        if not _parses(b'f"""{' + piece + b'}"""') or b"\n" in piece or b'"' in piece or b"'" in piece:
            content[inner] = re.sub(rb"[^\n]", _UNKNOWN, piece)
    if _parses(content[start:end]):
        return
    first, *rest = bytes(content[start:end]).split(b"\n")
    lines = [b"(" + _UNKNOWN * (len(first) - 1), *(b" " * len(line) for line in rest)]
    lines[-1] = lines[-1][:-1] + b")"
    content[start:end] = b"\n".join(lines)


def _parses(piece: bytes | bytearray) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(b"(" + bytes(piece) + b")")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
