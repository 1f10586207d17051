"""Which of the project's modules a module imports, as far as its source shows."""

from __future__ import annotations

import ast
import importlib.util
import site
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def _library_folders() -> tuple[Path, ...]:
    names = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = {Path(name).resolve() for name in [*names, *site.getsitepackages()] if name}
    folders.add(Path(__file__).resolve().parents[2])
    return tuple(folders)


@cache
def is_project_file(filename: str) -> bool:
    """Tell whether a source file belongs to the project under test, not to Python, a library or Greenshift."""
    if filename.startswith("<"):
        return False
    path = Path(filename).resolve()
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in _library_folders())


def sources_of(module: str) -> dict[str, bytes]:
    """Return the source of a module and of every project module that it imports, by module name.

    Imports are read from the source (also those inside functions), not followed at run time: a module that is
    imported through ``importlib`` under a computed name is not seen.

    Args:
        module: an importable module's full name.
    """
    found: dict[str, bytes] = {}
    _collect(module, found)
    return found


def sources_imported_by(source: bytes) -> dict[str, bytes]:
    """Return the source of every project module that a script without a module name imports."""
    found: dict[str, bytes] = {}
    for name in _imported_names(source, package=""):
        _collect(name, found)
    return found


def _collect(module: str, found: dict[str, bytes]) -> None:
    pending = [module]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        path = _file_of(name)
        if path is None:
            continue
        try:
            found[name] = path.read_bytes()
        except OSError:
            continue
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        pending.extend(_imported_names(found[name], package))
        # Importing a module runs the packages above it.
        if "." in name:
            pending.append(name.rpartition(".")[0])


def _file_of(module: str) -> Path | None:
    loaded = sys.modules.get(module)
    filename = getattr(loaded, "__file__", None)
    if filename is None:
        try:
            spec = importlib.util.find_spec(module)
        except Exception:  # an importing package may raise anything; what cannot be found is left out
            return None
        filename = spec.origin if spec is not None else None
    if filename is None or not filename.endswith(".py") or not is_project_file(filename):
        return None
    return Path(filename)


def _imported_names(source: bytes, package: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                anchor = parents[: len(parents) - node.level + 1]
                base = ".".join([*anchor, base] if base else anchor)
            if base:
                yield base
                # ``from package import module`` names a module as well as an attribute.
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
