"""What an earlier check of the same files found, kept in the user's cache folder.

An entry is of one project under one configuration. It holds for files whose size and time of change are as they were;
one that changed so lately that its time cannot tell, or whose time alone differs, is compared by its content.
An entry that cannot be read is as good as none.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import greenshift

# A file that changed shortly before the entry was written may have changed again within its clock's tick.
_TICK: Final = 2_000_000_000
_DAYS_KEPT: Final = 30
_MODULES: Final = ("greenshift.report.findings", "greenshift.check.source.cache", "builtins")


@dataclass(frozen=True)
class Entry:
    """What is remembered of a check.

    Attributes:
        stamps: size in bytes and time of change in nanoseconds, by path.
        digests: of the files' contents, by path.
        plain: the files that are Python and have nothing to do with SQLAlchemy.
        result: what was found: data classes of the report, and plain data.
        written: when, in nanoseconds since 1970.
    """

    stamps: Mapping[str, tuple[int, int]]
    digests: Mapping[str, str]
    plain: frozenset[str] = frozenset()
    result: Any = None
    written: int = field(default_factory=time.time_ns)

    def unchanged(self, root: Path, stamps: Mapping[str, tuple[int, int]]) -> set[str]:
        """Return the files that are as they were.

        Args:
            root: the folder that paths are relative to.
            stamps: the files as they are now.
        """
        return {path for path, stamp in stamps.items() if self._is_unchanged(root, path, stamp)}

    def _is_unchanged(self, root: Path, path: str, stamp: tuple[int, int]) -> bool:
        known = self.stamps.get(path)
        if known is None or known[0] != stamp[0]:
            return False
        if known == stamp and stamp[1] < self.written - _TICK:
            return True
        try:
            return digest((root / path).read_bytes()) == self.digests.get(path)
        except OSError:
            return False


def digest(content: bytes) -> str:
    """Return what tells a content from another."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


class CheckCache:
    """The entry of one project under one configuration.

    Args:
        root: the project's folder.
        about: all that the result depends on beside the files and Greenshift itself: rules, configuration, environment.
        folder: where entries lie; the user's cache folder by default.
    """

    def __init__(self, root: Path, about: Sequence[object], folder: Path | None = None) -> None:
        key = repr((greenshift.__version__, _own_code(), sys.version_info[:3], str(root.resolve()), list(about)))
        self._root = root
        self._file = (folder or cache_folder()) / f"{digest(key.encode())}.pickle"

    def read(self) -> Entry | None:
        """Return the entry; None if there is none that can be read."""
        try:
            entry = _Unpickler(io.BytesIO(self._file.read_bytes())).load()
        except Exception:  # Whatever a broken file makes of unpickling: it is written anew.
            return None
        return entry if isinstance(entry, Entry) else None

    def result(self, entry: Entry | None, stamps: Mapping[str, tuple[int, int]]) -> Any:
        """Return the result of an entry; None if a file changed, came or went.

        Args:
            entry: the entry.
            stamps: the files as they are now.
        """
        if entry is None or entry.stamps.keys() != stamps.keys():
            return None
        return entry.result if len(entry.unchanged(self._root, stamps)) == len(stamps) else None

    def write(
        self, stamps: Mapping[str, tuple[int, int]], plain: Collection[str], result: Any, entry: Entry | None = None
    ) -> None:
        """Remember a result; a folder that cannot be written to is no error.

        Args:
            stamps: the files as they were when they were read.
            plain: the files that are Python and have nothing to do with SQLAlchemy.
            result: what was found.
            entry: the entry before: digests of unchanged files are taken from it.
        """
        same = entry.unchanged(self._root, stamps) if entry is not None else set()
        digests = {}
        for path in stamps:
            if entry is not None and path in same:
                digests[path] = entry.digests[path]
                continue
            try:
                digests[path] = digest((self._root / path).read_bytes())
            except OSError:
                digests[path] = ""
        new = Entry(dict(stamps), digests, frozenset(plain), result)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, suffix=".new")
            try:
                with os.fdopen(handle, "wb") as file:
                    pickle.dump(new, file, protocol=5)
                os.replace(name, self._file)
                self._forget_old()
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except (OSError, pickle.PicklingError, TypeError, AttributeError):
            return

    def _forget_old(self) -> None:
        """Delete entries that nothing wrote for a month: of projects, configurations and versions that are gone."""
        oldest = time.time() - _DAYS_KEPT * 86_400
        for path in self._file.parent.glob("*.pickle"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


class _Unpickler(pickle.Unpickler):
    """Makes nothing but the report's data classes and plain data."""

    def find_class(self, module: str, name: str) -> Any:
        if module not in _MODULES or (module == "builtins" and name not in ("frozenset", "set")):
            raise pickle.UnpicklingError(f"{module}.{name} is not expected")
        return super().find_class(module, name)


def cache_folder() -> Path:
    """Return the cache folder for checks: ``GREENSHIFT_CACHE_DIRECTORY``, or what the system has for its user."""
    configured = os.environ.get("GREENSHIFT_CACHE_DIRECTORY")
    if configured:
        return Path(configured).absolute() / "check"
    given = os.environ.get("XDG_CACHE_HOME")
    if given:
        base = Path(given)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path.home() / ".cache"
    return base / "greenshift" / "check"


@cache
def _own_code() -> tuple[int, int]:
    """When Greenshift's own files changed last, and how many there are: a changed rule finds something else."""
    files = [path.stat().st_mtime_ns for path in Path(greenshift.__file__).parent.joinpath("check").rglob("*.py")]
    return max(files, default=0), len(files)
