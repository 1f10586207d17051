"""The folder from which the tests import the application, and whether pytest looks there."""

from __future__ import annotations

import os
import posixpath
import subprocess
import tempfile
from pathlib import Path

from greenshift.init.findings import Findings
from greenshift.init.layout import Layout
from greenshift.init.source_tree import SourceTree


def missing_folder(tree: SourceTree, layout: Layout, found: Findings, program: Path) -> str:
    """Return the folder that pytest has to be told to import from; empty where it finds the application without.

    Args:
        tree: the project's files.
        layout: how it is tested.
        found: what was found so far.
        program: the Python that runs the tests.
    """
    path = found.metadata or found.application or found.engine
    module = path.partition(":")[0]
    file = next((one for one in tree.sources if one.module == module), None)
    if file is None:
        return ""
    folder = _root(file.path, module)
    said = layout.values.get("pythonpath")
    words = said.split() if isinstance(said, str) else [str(one) for one in said or ()]
    if posixpath.normpath(folder) in {posixpath.normpath(one) for one in words}:
        return ""
    if folder in _inserted(tree, layout):
        return ""
    return "" if _is_installed(program, module.partition(".")[0]) else folder


def _root(path: str, module: str) -> str:
    """The folder above the outermost package of a module."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    above = parts[: len(parts) - len(module.split("."))]
    return "/".join(above) or "."


def _inserted(tree: SourceTree, layout: Layout) -> set[str]:
    """The folders that pytest puts first in ``sys.path`` for the tests' conftest and a test, outermost first."""
    found = set[str]()
    folder = layout.folder.strip("/")
    while True:
        here = "" if folder == "." else folder
        has_conftest = (tree.root / here / "conftest.py").is_file()
        if has_conftest or folder == layout.folder:
            top = here
            while top and (tree.root / top / "__init__.py").is_file():
                top = posixpath.dirname(top)
            found.add(top or ".")
        if not here:
            return found
        folder = posixpath.dirname(here) or "."


def _is_installed(program: Path, name: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with tempfile.TemporaryDirectory(prefix="greenshift-") as folder:
        try:
            done = subprocess.run(
                [str(program), "-c", code], cwd=folder, env=environment, capture_output=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0
