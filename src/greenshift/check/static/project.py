"""The files of one program, parsed when they are needed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from greenshift.check.source.imports import imported_names
from greenshift.check.source.modules import Modules
from greenshift.check.source.parsing import Unparsable, parse, unparsable
from greenshift.check.source.source_file import SourceFile

# What a file that has to do with SQLAlchemy mentions, whatever it imports from where.
# Or starts what uses it: event loops, processes, an application's lifespan.
RELEVANT = re.compile(
    r"sqlalchemy|sqlmodel|engine|session|asyncio\.run|run_until_complete|async_to_sync|lifespan|os\.fork|multiprocessing"
    r"|ProcessPoolExecutor",
    re.IGNORECASE,
)
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_TEST_FILE = re.compile(r"test_.*\.py|.*_tests?\.py|conftest\.py|tests\.py")


def is_test(path: str) -> bool:
    """Return whether a path is that of test code.

    Args:
        path: relative to the folder that is checked.
    """
    *folders, name = path.split("/")
    return bool(_TEST_FOLDERS.intersection(folders)) or _TEST_FILE.fullmatch(name) is not None


class Project:
    """The files of one program.

    Args:
        texts: path to text, of Python files and others.
        environment: the values of environment variables, if they are known.
    """

    def __init__(self, texts: Mapping[str, str], environment: Mapping[str, str] | None = None) -> None:
        self.texts = texts
        self.modules = Modules(texts)
        self.environment = environment or {}
        self._files: dict[str, SourceFile | Unparsable] = {}

    @property
    def paths(self) -> list[str]:
        """The Python files, sorted."""
        return sorted(path for path in self.texts if path.endswith(".py"))

    def parsed(self, path: str) -> SourceFile | Unparsable:
        """Return a file, or why it does not parse.

        Args:
            path: the file's path.
        """
        known = self._files.get(path)
        if known is None:
            text = self.texts[path]
            tree = parse(text)
            if isinstance(tree, Unparsable):
                known = tree
            else:
                imports = imported_names(tree, path, self.modules)
                known = SourceFile(path, text, tree, self.modules.name(path), imports, is_test(path))
            self._files[path] = known
        return known

    def problem(self, path: str) -> Unparsable | None:
        """Return why a file is no Python; None if it is. What is not needed later is not kept.

        Args:
            path: the file's path.
        """
        known = self._files.get(path)
        if isinstance(known, SourceFile):
            return None
        return known if known is not None else unparsable(self.texts[path])

    def file(self, path: str) -> SourceFile | None:
        """Return a file; None if it does not parse.

        Args:
            path: the file's path.
        """
        known = self.parsed(path)
        return known if isinstance(known, SourceFile) else None

    def mentioning(self, word: str) -> list[SourceFile]:
        """Return the files whose text has a word.

        Args:
            word: a name.
        """
        found = (self.file(path) for path in self.paths if word in self.texts[path])
        return [file for file in found if file is not None]

    def module_file(self, location: str) -> SourceFile | None:
        """Return the file of a location without ``.py``.

        Args:
            location: such as ``app/db``.
        """
        path = self.modules.at(location)
        return self.file(path) if path is not None else None

    def is_known(self, location: str) -> bool:
        """Return whether a location is a module or folder of the program.

        Args:
            location: such as ``app/db``.
        """
        return self.modules.at(location) is not None or self.modules.is_folder(location)

    def below(self, location: str, name: str) -> str | None:
        """Return the location of a module of a package; None if there is none.

        Args:
            location: the package's.
            name: the module's name.
        """
        inner = posixpath.join(location, name)
        return inner if self.is_known(inner) else None
