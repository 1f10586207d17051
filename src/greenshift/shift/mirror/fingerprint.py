"""The marker above each generated function: what it mirrors, and what both were when it was written."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from dataclasses import dataclass

LENGTH = 12
_MARKER = re.compile(
    rf"^[ \t]*# greenshift mirror of (?P<name>\S+) (?P<source>[0-9a-f]{{{LENGTH}}}) (?P<own>[0-9a-f]{{{LENGTH}}})\s*$"
)
_LEFT_OUT = {"ctx", "kind", "type_comment", "type_ignores"}


@dataclass(frozen=True, slots=True)
class Marker:
    """What a marker comment says.

    Attributes:
        name: What is mirrored: ``test_crud``, ``TestUsers.test_crud``, ``conftest.py::user``.
        source: The fingerprint of the source when it was mirrored.
        own: The fingerprint of what was generated from it.
    """

    name: str
    source: str
    own: str

    def line(self, indentation: str = "") -> str:
        """Return the comment as a line."""
        return f"{indentation}# greenshift mirror of {self.name} {self.source} {self.own}\n"


def read_marker(line: str) -> Marker | None:
    """Return what a line says, if it is a marker."""
    found = _MARKER.match(line)
    return None if found is None else Marker(found["name"], found["source"], found["own"])


def fingerprint(text: str) -> str:
    """Return what tells a piece of code from another: its syntax and its comments, whatever its layout.

    A formatter changes nothing of it, nor does the Python version that reads it.

    Args:
        text: Whole statements, indented alike; or the beginning of a class, up to its first method.
    """
    whole = f"if 1:\n{text}" if text[:1] in (" ", "\t") else text
    try:
        tree = ast.parse(whole)
    except SyntaxError:
        first = next(line for line in text.split("\n") if line.lstrip().startswith("class "))
        whole += f"{first[: len(first) - len(first.lstrip())]}    pass\n"
        tree = ast.parse(whole)
    comments = [
        token.string.strip()
        for token in tokenize.generate_tokens(io.StringIO(whole).readline)
        if token.type == tokenize.COMMENT
    ]
    said = "\n".join([_shape(tree), *comments])
    return hashlib.sha256(said.encode()).hexdigest()[:LENGTH]


def _shape(value: object) -> str:
    if isinstance(value, ast.Expr) and isinstance(value.value, ast.Constant) and isinstance(value.value.value, str):
        # A formatter indents the lines of a docstring anew.
        return f"docstring {value.value.value.split()}"
    if isinstance(value, ast.AST):
        fields = [
            f"{name}={_shape(field)}"
            for name, field in ast.iter_fields(value)
            # What newer versions added is empty where older ones have no such field.
            if name not in _LEFT_OUT and field is not None and field != []
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if isinstance(value, list):
        return f"[{', '.join(_shape(one) for one in value)}]"
    return repr(value)
