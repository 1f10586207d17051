"""Which names of a program mean the database's URL as a text, with its password."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from greenshift.check.facts import Engine, Scope, Text
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.names import Names

_HIDING: Final = ("URL.create(", "make_url(", "SecretStr")


def url_keys(names: Names) -> set[str]:
    """Return the keys of the names that engines are given as their URL, where that is a text with a password.

    Args:
        names: what the program's names mean.
    """
    found = set()
    for engine in names.program.engines:
        written = engine.written.get("url")
        file = names.file(engine.place.file)
        if written is None or file is None or engine.scope is Scope.TEST or not _may_have_password(engine):
            continue
        for kind in (ast.Name, ast.Attribute, ast.Call):
            for node in file.nodes(kind):
                if file.place(node) == written.value:
                    given: ast.expr = node
                    if isinstance(node, ast.Call):
                        if file.name(node.func) != "str" or len(node.args) != 1:
                            continue
                        given = node.args[0]
                    key = key_of(names, file, given)
                    if key and not _is_hidden(names, file, given):
                        found.add(key)
    return found


def _may_have_password(engine: Engine) -> bool:
    """Whether an engine's URL may have a password: it is no SQLite, and not wholly known to have none."""
    if engine.dialect == "sqlite" or any(_scheme(option.value) == "sqlite" for option in engine.url.options):
        return False
    if engine.url.unknown or any(option.variable or _is_partly(option.value) for option in engine.url.options):
        return True
    return any(":" in _user_part(option.value) for option in engine.url.options)


def _is_partly(url: object) -> bool:
    return isinstance(url, Text) and url.whole is None


def _scheme(url: object) -> str:
    text = url.start if isinstance(url, Text) else str(url)
    return text.partition(":")[0].partition("+")[0]


def _user_part(url: object) -> str:
    text = "".join(piece or "" for piece in url.pieces) if isinstance(url, Text) else str(url)
    return text.partition("://")[2].rpartition("@")[0]


def _is_hidden(names: Names, file: SourceFile, node: ast.expr) -> bool:
    """Whether the name may mean an object that hides the password: SQLAlchemy's URL, or a secret of pydantic."""
    last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    for other in names.program.files:
        if last not in other.text:
            continue
        for value in _definitions(other, last):
            text = ast.unparse(value)
            if any(word in text for word in _HIDING) or "URL" in {
                part.id for part in ast.walk(value) if isinstance(part, ast.Name)
            }:
                return True
    return False


def _definitions(file: SourceFile, name: str) -> Iterator[ast.AST]:
    """Yield what a file says of a name: what is assigned to it, its annotation, the property of that name."""
    for assign in file.nodes(ast.Assign):
        if any(_last(target) == name for target in assign.targets):
            yield assign.value
    for annotated in file.nodes(ast.AnnAssign):
        if _last(annotated.target) == name:
            yield annotated
    for function in file.nodes(ast.FunctionDef):
        if function.name == name:
            yield function


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def key_of(names: Names, file: SourceFile, node: ast.expr) -> str:
    """Return a text that is the same for the same name wherever it is used; "" for what is no name.

    Args:
        names: what the program's names mean.
        file: the file.
        node: the name, an attribute of one, or a call without arguments.
    """
    if isinstance(node, ast.Attribute):
        inner = key_of(names, file, node.value)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, ast.Call) and not node.args and not node.keywords:
        inner = key_of(names, file, node.func)
        return f"{inner}()" if inner else ""
    if isinstance(node, ast.Name):
        return names.origin_key(file, node)
    return ""
