"""Imports that the rewritten text needs, and those that it needs no more."""

from __future__ import annotations

import ast
import re
import sys

from greenshift.shift.project import Module, Source

FUTURE = "__future__"
_WORD = re.compile(r"\w+")


class Imports:
    """Collects what a module must import.

    Args:
        module: The module as it was before the rewriting.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.needed: dict[tuple[str, str], str] = {}

    def need(self, module: str, name: str) -> str:
        """Ask for a name; return the name under which the text may use it.

        Args:
            module: The module to import from, e.g. ``sqlalchemy``.
            name: The name; empty for ``import module``.
        """
        key = (module, name)
        if key in self.needed:
            return self.needed[key]
        for bound, imported in self.module.imports.items():
            if not self._at_top(bound):
                continue
            if imported.name == name and imported.module == module:
                return bound
            if not name and imported.name is None and imported.module == module:
                return bound
        wanted = name or module
        bound = wanted
        if self._taken(wanted, module, name):
            bound = f"{module.rpartition('.')[2]}_{name}" if name else f"_{module}"
        self.needed[key] = bound
        return bound

    def _at_top(self, bound: str) -> bool:
        for node in self.module.source.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name.partition(".")[0]) == bound:
                        return True
        return False

    def _taken(self, wanted: str, module: str, name: str) -> bool:
        imported = self.module.imports.get(wanted)
        if imported is not None and (imported.module, imported.name or "") != (module, name):
            return True
        if wanted in self.module.top:
            return True
        for node in self.module.source.nodes:
            if isinstance(node, ast.Name) and node.id == wanted and isinstance(node.ctx, ast.Store):
                return True
            if isinstance(node, ast.arg) and node.arg == wanted:
                return True
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == wanted:
                # A method of that name hides nothing from the module's functions.
                continue
        return False

    def apply(self, text: str) -> Source:
        """Return the source that the rewritten text is with its imports put right.

        Names that the original used and the new text does not are taken out of its import statements, unless
        another module imports them from here.

        Raises:
            SyntaxError: The text does not parse, before or after.
        """
        # A new name takes the place of the one that it makes needless, if both come from one library.
        roots = {_root(node) for node in self.module.source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        first: list[tuple[str, str, str]] = []
        later: list[tuple[str, str, str]] = []
        for (module, name), bound in sorted(self.needed.items()):
            is_apart = module.partition(".")[0] in sys.stdlib_module_names - roots
            (later if is_apart else first).append((module, name, bound))
        source = _with_imports(Source(self.module.file, text), first)
        source = _without_unused(source, _used_names(self.module.source), self.module)
        return _with_imports(source, later)


def add_imports(source: Source, needed: list[tuple[str, str, str]]) -> Source:
    """Return a source with further imports; nothing is taken out.

    Args:
        source: The source.
        needed: For each the module, the name (empty for the module itself) and what it is called here.
    """
    return _with_imports(source, needed)


def without_unused_imports(source: Source, module: Module) -> Source:
    """Return a source without the imported names that nothing in it uses.

    Args:
        source: The source.
        module: Its module.
    """
    return _without_unused(source, set(module.imports), module)


def _used_names(source: Source) -> set[str]:
    used: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
            # A name in a string annotation, in __all__ or in a mock's path.
            used.update(_WORD.findall(node.value))
    return used


def _without_unused(source: Source, used_before: set[str], module: Module) -> Source:
    used = _used_names(source)
    pieces: list[tuple[int, int, str]] = []
    for node in source.nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom) or any(alias.name == "*" for alias in node.names):
            continue
        if isinstance(node, ast.ImportFrom) and node.module == FUTURE:
            continue
        keep = []
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            if bound in used or bound not in used_before or module.is_package:
                keep.append(alias)
        if len(keep) == len(node.names):
            continue
        if keep:
            pieces.append((source.start(node), source.end(node), _without_names(source, node, keep)))
            continue
        start = source.line_start(source.start(node))
        end = source.line_end(source.end(node))
        whole_line = not source.text[start : source.start(node)].strip() and not source.text[
            source.end(node) : end
        ].strip().strip("\n")
        if whole_line and not _is_only_statement(source, node):
            pieces.append((start, end, ""))
        else:
            pieces.append((source.start(node), source.end(node), "pass"))
    if not pieces:
        return source
    text = source.text
    for start, end, new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return Source(source.file, text)


def _without_names(source: Source, node: ast.Import | ast.ImportFrom, keep: list[ast.alias]) -> str:
    """The statement with some of its names, in the layout that it had."""
    segment = source.segment(node)
    dropped = [alias for alias in node.names if alias not in keep]
    begin = source.start(node)
    for alias in reversed(dropped):
        start, end = source.start(alias) - begin, source.end(alias) - begin
        after = end
        while after < len(segment) and segment[after] in " \t":
            after += 1
        if after < len(segment) and segment[after] == ",":
            after += 1
            while after < len(segment) and segment[after] in " \t":
                after += 1
            if after < len(segment) and segment[after] == "\n":
                line = segment.rfind("\n", 0, start)
                if line >= 0 and not segment[line:start].strip():
                    start = line
            segment = segment[:start] + segment[after:]
        else:
            comma = segment.rfind(",", 0, start)
            segment = segment[:comma] + segment[end:] if comma >= 0 else segment[:start] + segment[end:]
    return segment


def _is_only_statement(source: Source, node: ast.stmt) -> bool:
    for parent in source.nodes:
        for field in ("body", "orelse", "finalbody"):
            body = getattr(parent, field, None)
            if isinstance(body, list) and len(body) == 1 and body[0] is node and parent is not source.tree:
                return True
    return False


def _with_imports(source: Source, needed: list[tuple[str, str, str]]) -> Source:
    """The source with further names imported: each a module, a name (or none) and what it is called here."""
    if not needed:
        return source
    text = source.text
    imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    pieces: dict[int, str] = {}
    apart: set[int] = set()
    lines: dict[str, list[str]] = {}
    for module, name, bound in needed:
        alias = f"{name} as {bound}" if name and bound != name else name
        statement = _statement_of(imports, module) if name else None
        if not name:
            offset = _import_offset(source, imports, module)
            pieces[offset] = pieces.get(offset, "") + f"import {module}{f' as {bound}' if bound != module else ''}\n"
        elif statement is None:
            lines.setdefault(module, []).append(alias)
            continue
        elif all((one.asname or one.name) != bound for one in statement.names):
            start, end = source.start(statement.names[-1]), source.end(statement.names[-1])
            before = text[source.line_start(start) : start]
            pieces[end] = pieces.get(end, "") + (", " if before.strip() else f",\n{before}") + alias
            continue
        else:
            continue
        if _stands_apart(source, imports, offset, module):
            apart.add(offset)
    for module, names in lines.items():
        offset = _import_offset(source, imports, module)
        pieces[offset] = pieces.get(offset, "") + f"from {module} import {', '.join(names)}\n"
        if _stands_apart(source, imports, offset, module):
            apart.add(offset)
    if not pieces:
        return source
    for offset in sorted(pieces, reverse=True):
        text = text[:offset] + pieces[offset] + ("\n" if offset in apart else "") + text[offset:]
    return Source(source.file, text)


def _statement_of(imports: list[ast.Import | ast.ImportFrom], module: str) -> ast.ImportFrom | None:
    for node in imports:
        if not isinstance(node, ast.ImportFrom) or node.module != module or node.level:
            continue
        if not any(one.name == "*" for one in node.names):
            return node
    return None


def _stands_apart(source: Source, imports: list[ast.Import | ast.ImportFrom], offset: int, module: str) -> bool:
    """Whether a new import is the standard library's first: it stands apart from the others that follow it."""
    return module.partition(".")[0] in sys.stdlib_module_names and _begins_imports(source, imports, offset)


def _begins_imports(source: Source, imports: list[ast.Import | ast.ImportFrom], offset: int) -> bool:
    return bool(imports) and source.line_start(source.start(imports[0])) == offset


def _standard_offset(source: Source, imports: list[ast.Import | ast.ImportFrom]) -> int:
    """Where an import of the standard library goes: behind its others, else before all imports."""
    others = [node for node in imports if _root(node) in sys.stdlib_module_names]
    if others:
        return source.line_end(source.end(others[-1]))
    if imports:
        return source.line_start(source.start(imports[0]))
    for node in source.tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return source.line_end(source.end(node))
        break
    return 0


def _first_block(source: Source) -> list[ast.Import | ast.ImportFrom]:
    """The imports at the very top: those below other statements may come too late for what needs them."""
    block = []
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            block.append(node)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
    return block


def _root(node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.ImportFrom):
        return "." if node.level else (node.module or "").partition(".")[0]
    return node.names[0].name.partition(".")[0]


def _import_offset(source: Source, imports: list[ast.Import | ast.ImportFrom], module: str) -> int:
    """Where a new import goes: behind those of the same library, else behind the last one at the top."""
    root = module.partition(".")[0]
    best: ast.stmt | None = None
    first: ast.stmt | None = None
    for node in imports:
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        if any(name.partition(".")[0] == root for name in names) and not getattr(node, "level", 0):
            first = first or node
            if isinstance(node, ast.Import) or (node.module or "") <= module:
                best = node
    if best is None and first is None and root in sys.stdlib_module_names:
        return _standard_offset(source, _first_block(source))
    if best is None and first is not None:
        return source.line_start(source.start(first))
    if best is None:
        block = _first_block(source)
        absolute = [node for node in block if not getattr(node, "level", 0)]
        best = absolute[-1] if absolute else (block[0] if block else None)
        if best is not None and not absolute:
            return source.line_start(source.start(best))
    if best is not None:
        return source.line_end(source.end(best))
    for statement in source.tree.body[:1]:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return source.line_end(source.end(statement))
    return 0
