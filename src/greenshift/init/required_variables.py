"""The variables without which the application cannot be imported: settings without a default, ``os.environ["X"]``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from greenshift.check.source.source_file import SourceFile
from greenshift.init.source_tree import SourceTree, assigned, statements

_SETTINGS: Final = "BaseSettings"
_VALUES: Final = {
    "int": "1", "PositiveInt": "1", "NonNegativeInt": "1", "float": "1.0", "Decimal": "1.0", "bool": "false",
    "EmailStr": "user@example.com", "AnyUrl": "http://localhost/", "HttpUrl": "http://localhost/",
    "AnyHttpUrl": "http://localhost/", "RedisDsn": "redis://localhost:6379/0", "list": "[]", "List": "[]",
    "set": "[]", "Set": "[]", "dict": "{}", "Dict": "{}", "timedelta": "60", "Path": ".",
}  # fmt: skip
OTHER: Final = "for-tests"


def find_required(tree: SourceTree, known: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Return each variable that has to be set, with a value that will do and the place where it is read.

    Args:
        tree: the project's files.
        known: the variables that are set otherwise.
    """
    found: dict[str, tuple[str, str]] = {}
    given = {name.upper() for name in (*known, *_in_file(tree))}
    for file in tree.sources:
        for name, value, line in (*_settings(tree, file), *_read_at_import(file)):
            if name.upper() not in given:
                found.setdefault(name, (value, f"{file.path}:{line}"))
    return found


def _in_file(tree: SourceTree) -> Iterator[str]:
    """The names in the project's ``.env``, which its settings read themselves."""
    path = tree.root / ".env"
    if not path.is_file() or not any(".env" in file.text or "load_dotenv" in file.text for file in tree.sources):
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, separator, _ = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            yield name.strip()


def _settings(tree: SourceTree, file: SourceFile) -> Iterator[tuple[str, str, int]]:
    for node in statements(file.tree.body):
        if not isinstance(node, ast.ClassDef):
            continue
        names = [tree.meant(file, base) for base in node.bases]
        if not any(one.rpartition(".")[2] == _SETTINGS and one.startswith("pydantic") for one in names):
            continue
        if not _is_made_at_import(tree, file, node):
            continue
        prefix = _prefix(node)
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                alias = _needed(statement)
                kind = ast.unparse(statement.annotation)
                if (
                    alias is not None
                    and not kind.startswith(("ClassVar", "Optional"))
                    and statement.target.id != "model_config"
                ):
                    name = alias or f"{prefix}{statement.target.id}".upper()
                    yield name, _value(statement.annotation), statement.lineno


def _is_made_at_import(tree: SourceTree, file: SourceFile, node: ast.ClassDef) -> bool:
    """Whether an instance is made by the application; a class that nothing calls is only a base."""
    made = re.compile(rf"(?<!class )\b{node.name}(\(|\.model_validate|\.parse_obj)")
    return any(made.search(other.text) for other in tree.sources)


def _needed(statement: ast.AnnAssign) -> str | None:
    """An alias, or an empty text, of a field that has no default; None of one that has one."""
    value = statement.value
    if value is None:
        return "" if "None" not in ast.unparse(statement.annotation) else None
    if isinstance(value, ast.Constant) and value.value is Ellipsis:
        return ""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Field"):
        return None
    first = value.args[0] if value.args else None
    if any(one.arg in ("default", "default_factory") for one in value.keywords) or (
        first is not None and not (isinstance(first, ast.Constant) and first.value is Ellipsis)
    ):
        return None
    for one in value.keywords:
        if one.arg in ("validation_alias", "alias", "env") and isinstance(one.value, ast.Constant):
            return str(one.value.value)
    return ""


def _prefix(node: ast.ClassDef) -> str:
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix" and isinstance(inner.value, ast.Constant):
            return str(inner.value.value)
        one = assigned(inner) if isinstance(inner, ast.Assign) else None
        if one is not None and one[0] == "env_prefix" and isinstance(one[1], ast.Constant):
            return str(one[1].value)
    return ""


def _value(annotation: ast.expr) -> str:
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Literal"):
        first = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
        return str(first.value) if isinstance(first, ast.Constant) else OTHER
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return _VALUES.get(ast.unparse(base).rpartition(".")[2], OTHER)


def _read_at_import(file: SourceFile) -> Iterator[tuple[str, str, int]]:
    """``os.environ["X"]`` outside of functions."""
    for node in file.nodes(ast.Subscript):
        is_environ = file.name(node.value) == "os.environ"
        if not is_environ or not isinstance(node.slice, ast.Constant) or not isinstance(node.ctx, ast.Load):
            continue
        if file.function(node) is None:
            yield str(node.slice.value), OTHER, node.lineno
    for call in file.nodes(ast.Call):
        # ``config("X")`` of Starlette and decouple.
        name = (file.name(call.func) or "").rpartition(".")[2]
        first = call.args[0] if call.args else None
        if name != "config" or len(call.args) != 1 or not isinstance(first, ast.Constant):
            continue
        text = str(first.value)
        is_read = text.isupper() and file.function(call) is None
        if is_read and not any(one.arg == "default" for one in call.keywords):
            casts = [one.value for one in call.keywords if one.arg == "cast"]
            yield text, _value(casts[0]) if casts else OTHER, call.lineno
