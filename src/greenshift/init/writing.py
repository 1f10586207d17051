"""The files that are written: ``pyproject.toml``, pytest's settings, a line in ``conftest.py``, a test."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from greenshift.init.errors import InitError
from greenshift.init.findings import Findings
from greenshift.patch import Change, decoded
from greenshift.shift.settings.ini_lines import IniLines

SECTIONS: Final = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_DEFINITIONS: Final = frozenset({"metadata", "alembic", "sql", "setup"})


class Files:
    """The files of a project as they are and as they are to be.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._old: dict[str, bytes | None] = {}
        self._new: dict[str, str] = {}

    def text(self, name: str) -> str | None:
        """Return what a file is to hold; None where it is not there.

        Raises:
            InitError: it is no text.
        """
        if name in self._new:
            return self._new[name]
        path = self.root / name
        if not path.is_file():
            return None
        content = path.read_bytes()
        found = decoded(content, name)
        if found is None:
            raise InitError(f"{name} is no text", "correct the file")
        self._old[name] = content
        return found.text

    def put(self, name: str, text: str) -> None:
        """Say what a file is to hold."""
        self.text(name)
        self._old.setdefault(name, None)
        self._new[name] = text

    def changes(self) -> list[Change]:
        """Return the changes."""
        found = []
        for name, text in sorted(self._new.items()):
            old = self._old[name]
            before = None if old is None else decoded(old, name)
            if before is not None and before.text.count("\r\n") == before.text.count("\n") > 0:
                text = text.replace("\r\n", "\n").replace("\n", "\r\n")
            found.append(Change(name, old, text.encode() if before is None else before.encode(text)))
        return found


def write_table(files: Files, table: Mapping[str, Any]) -> list[str]:
    """Write ``[tool.greenshift]``; what stands there already is kept.

    Args:
        files: the project's files.
        table: the keys.

    Returns:
        The keys that were there already with another value.

    Raises:
        InitError: ``pyproject.toml`` is no TOML.
    """
    text = files.text("pyproject.toml") or ""
    try:
        document = tomlkit.parse(text)
        tool: Any = document.get("tool")
        present: Any = tool.get("greenshift") if tool is not None else None
    except (TOMLKitError, AttributeError) as error:
        raise InitError(f"pyproject.toml is no TOML: {error}", "correct the file") from error
    kept = [key for key, value in table.items() if present is not None and key in present and present[key] != value]
    new = {
        key: value
        for key, value in table.items()
        if present is None or (key not in present and not (key in _DEFINITIONS and _DEFINITIONS & set(present)))
    }
    if not new:
        return kept
    target = present if present is not None else tomlkit.table()
    inner = {key: value for key, value in new.items() if isinstance(value, dict)}
    for key, value in new.items():
        if key not in inner:
            target.append(key, value)
    for key, value in inner.items():
        below = tomlkit.table()
        for name, form in value.items():
            below.append(name, form)
        target.append(key, below)
    if present is None:
        lines = tomlkit.dumps({"tool": {"greenshift": target}}).strip()
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        files.put("pyproject.toml", f"{text}{gap}{lines}\n")
        _check(files, text)
    else:
        files.put("pyproject.toml", tomlkit.dumps(document))
    return kept


def _check(files: Files, before: str) -> None:
    """A table at the end is not always TOML: ``tool`` may be an inline table."""
    try:
        tomlkit.parse(files.text("pyproject.toml") or "")
    except TOMLKitError as error:
        files.put("pyproject.toml", before)
        raise InitError(f"[tool.greenshift] cannot be added to pyproject.toml: {error}", "add it by hand") from error


def write_pythonpath(files: Files, settings: str | None, folder: str) -> str:
    """Tell pytest a folder to import from.

    Args:
        files: the project's files.
        settings: the file with pytest's settings; None where there is none.
        folder: the folder, from the project's.

    Returns:
        The file that says it.
    """
    name = settings or "pyproject.toml"
    if name in SECTIONS:
        ini = IniLines(files.text(name) or "")
        section = SECTIONS[name]
        option = ini.find(section, "pythonpath")
        if option is None:
            ini.insert(ini.end_of(section), [f"pythonpath = {folder}"])
        else:
            ini.lines[option.line] = ini.lines[option.line].rstrip("\r\n") + f" {folder}{ini.newline}"
        files.put(name, ini.text)
        return name
    document: Any = tomlkit.parse(files.text(name) or "")
    if name == "pyproject.toml":
        if "tool" not in document:
            document["tool"] = tomlkit.table(is_super_table=True)
        if "pytest" not in document["tool"]:
            document["tool"]["pytest"] = tomlkit.table(is_super_table=True)
        table = document["tool"]["pytest"]
        if "ini_options" not in table and not any(not hasattr(value, "keys") for value in table.values()):
            table["ini_options"] = tomlkit.table()
        table = table.get("ini_options", table)
    else:
        table = document.setdefault("pytest", tomlkit.table())
    said = table.get("pythonpath")
    words = said.split() if isinstance(said, str) else list(said or ())
    table["pythonpath"] = [*words, folder]
    files.put(name, tomlkit.dumps(document))
    return name


def write_variables(files: Files, folder: str, variables: Mapping[str, str]) -> str:
    """Write the lines into ``conftest.py`` that set what the application cannot be imported without.

    Args:
        files: the project's files.
        folder: the tests' folder.
        variables: the variables and their values.

    Returns:
        The file.
    """
    name = "conftest.py" if folder == "." else f"{folder}/conftest.py"
    text = files.text(name) or ""
    missing = [
        f'os.environ.setdefault("{key}", "{value}")' for key, value in variables.items() if f'"{key}"' not in text
    ]
    if not missing:
        return name
    block = "import os\n\n" + "".join(f"{line}\n" for line in missing)
    if not text.strip():
        files.put(name, f'"""What the application needs before it can be imported."""\n\n{block}')
        return name
    at = 0
    for node in ast.parse(text).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (is_text or is_future):
            break
        at = node.end_lineno or 0
    lines = text.splitlines(keepends=True)
    above = "".join(lines[:at])
    files.put(name, f"{above}{chr(10) if above else ''}{block}\n{''.join(lines[at:]).lstrip(chr(10))}")
    return name


def test_file(found: Findings) -> str:
    """Return the name of the test that is written on request."""
    return "test_greenshift.py" if found.test_folder == "." else f"{found.test_folder}/test_greenshift.py"
