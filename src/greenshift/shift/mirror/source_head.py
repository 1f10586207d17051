"""What a mirror takes over from the head of a source: its docstring, its imports, how it imports a name."""

from __future__ import annotations

import ast

from greenshift.shift.mirror.units import Unit
from greenshift.shift.project import Module, Source


def docstring_of(source: Source) -> str:
    """Return a module's docstring as it is written; empty where it has none.

    Args:
        source: The module.
    """
    first = source.tree.body[:1]
    if first and isinstance(first[0], ast.Expr) and isinstance(first[0].value, ast.Constant):
        return source.segment(first[0])
    return ""


def import_block(source: Source) -> str:
    """Return the import statements at the top, with the lines between them.

    Args:
        source: The module.
    """
    imports: list[ast.stmt] = []
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
    if not imports:
        return ""
    return source.text[source.line_start(source.start(imports[0])) : source.end(imports[-1])]


def annotation_words(unit: Unit) -> set[str]:
    """Return the names in annotations that are written as strings.

    Args:
        unit: The piece in which they stand.
    """
    found: set[str] = set()
    for statement in unit.nodes:
        for node in ast.walk(statement):
            annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                try:
                    parsed = ast.parse(annotation.value, mode="eval")
                except SyntaxError:
                    continue
                found |= {one.id for one in ast.walk(parsed) if isinstance(one, ast.Name)}
    return found


def import_of(module: Module, word: str, *, is_own: bool) -> tuple[str, str, str] | None:
    """Return how a module imports a name: from which module, what (empty for the module itself), and as what.

    Args:
        module: The module; also what stands under ``if TYPE_CHECKING`` counts.
        word: The name.
        is_own: Whether the mirror lies beside the module, so that relative imports mean the same there.
    """
    for node in module.source.nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) != word:
                continue
            if isinstance(node, ast.Import):
                return (alias.name, "", alias.asname or alias.name)
            imported = module.imports.get(word)
            if node.level and not is_own and imported is not None:
                return (imported.module, alias.name, word)
            return ("." * node.level + (node.module or ""), alias.name, word)
    return None
