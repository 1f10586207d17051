"""A mirror as it would be written anew: which converted pieces it holds, from which files, with which imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from greenshift.shift.mirror.conversion import Converted, Refusal
from greenshift.shift.mirror.fingerprint import Marker, fingerprint
from greenshift.shift.mirror.marks import AsyncioSettings, marked
from greenshift.shift.mirror.naming import mirror_name, renamed
from greenshift.shift.mirror.pieces import Generation, NotMirrored, Wanted
from greenshift.shift.mirror.plugin_fixtures import FACTORY, KEEPING, on_async_fixtures
from greenshift.shift.mirror.reads import without_awaitable_attributes
from greenshift.shift.mirror.source_head import annotation_words, docstring_of, import_block, import_of
from greenshift.shift.mirror.units import Unit, split
from greenshift.shift.project import Module, Project, Source, project_of

PLUGIN_FIXTURE = f"greenshift::{FACTORY}"
RUNS_APPLICATION = ("ASGITransport", "AsyncClient(")
ALWAYS = {"pytestmark"}


@dataclass
class _File:
    """One file of the tests, before and after."""

    file: str
    before: dict[str, Unit]
    after: dict[str, Unit]
    source: Source
    module: Module
    refused: dict[str, Refusal]

    def is_changed(self, name: str) -> bool:
        old = self.before.get(name)
        return old is None or old.fingerprint != self.after[name].fingerprint

    def binding(self, name: str) -> Unit | None:
        return next((one for one in self.after.values() if one.owner is None and name in one.bound), None)


Key = tuple[str, str]
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def generate(file: str, texts: Mapping[str, str], converted: Converted, settings: AsyncioSettings) -> Generation:
    """Return what the mirror of a test file holds.

    Args:
        file: The test file.
        texts: The texts before the conversion.
        converted: The tests' files after it.
        settings: What the project says to pytest-asyncio.
    """
    return _Generator(file, texts, converted, settings).run()


class _Generator:
    def __init__(self, file: str, texts: Mapping[str, str], converted: Converted, settings: AsyncioSettings) -> None:
        self.file = file
        self.settings = settings
        own = {
            getattr(unit.node, "name", "")
            for path, text in texts.items()
            if path in converted.texts
            for unit in split(Source(path, text))
            if unit.is_fixture
        }
        after = {
            path: on_async_fixtures(without_awaitable_attributes(Source(path, text)), own)
            for path, text in converted.texts.items()
        }
        self.project: Project = project_of({path: one.text for path, one in after.items()})
        self.files = {
            path: _File(
                path,
                _named(Source(path, texts[path])),
                _named(source),
                source,
                self.project.by_file[path],
                {one.unit: one for one in converted.refusals.get(path, ())},
            )
            for path, source in after.items()
        }
        self.chosen: dict[Key, None] = {}
        self.problems: dict[Key, NotMirrored | None] = {}
        self.left_out: list[NotMirrored] = []

    def run(self) -> Generation:
        main = self.files[self.file]
        for path, one in self.files.items():
            for name, unit in one.after.items():
                if any(word in unit.text and word not in _text(one.before.get(name)) for word in RUNS_APPLICATION):
                    reason = "it runs the application, which is sync"
                    one.refused.setdefault(name, Refusal(name, self._line(path, name), reason))
                elif _paths(unit) - _paths(one.before.get(name)):
                    reason = "it replaces by name what the application uses, which is sync"
                    one.refused.setdefault(name, Refusal(name, self._line(path, name), reason))
        tests = 0
        for name, unit in main.after.items():
            before = main.before.get(name)
            if not unit.is_test or before is None or before.is_async:
                continue
            problem = self._problem((self.file, name))
            concerned = unit.is_async or name in main.refused or self._asks_for_async((self.file, name))
            if problem is not None and concerned:
                self.left_out.append(
                    problem
                    if problem.name == name
                    else NotMirrored(
                        self.file,
                        self._line(self.file, name),
                        name,
                        f"it needs {problem.name} ({problem.file}:{problem.line}): {problem.reason}",
                    )
                )
            elif problem is None and (unit.is_async or self._asks_for_async((self.file, name))):
                tests += 1
                self._choose((self.file, name))
        self._choose_rest(main)
        return self._generation(main, tests)

    def _asks_for_async(self, key: Key, depth: int = 9) -> bool:
        """Whether a piece asks for a fixture that became async, or for one that asks for such a fixture."""
        path, name = key
        own = self.files[path]
        for word in own.after[name].named if depth else ():
            owner = own.after[name].owner
            found = own.after.get(f"{owner}.{word}") or own.binding(word)
            fixture = (path, found.name) if found is not None and found.is_fixture else self._elsewhere(own, word)
            if fixture is None or fixture == key:
                continue
            other = self.files[fixture[0]].after[fixture[1]]
            before = self.files[fixture[0]].before.get(fixture[1])
            became_async = other.is_async and (before is None or not before.is_async)
            if other.is_fixture and (became_async or self._asks_for_async(fixture, depth - 1)):
                return True
        return False

    def _choose_rest(self, main: _File) -> None:
        if not self.chosen:
            return
        bound = {name for path, unit in self.chosen if path == self.file for name in main.after[unit].bound}
        for name, unit in main.after.items():
            if (self.file, name) in self.chosen or unit.is_test or unit.owner is not None:
                continue
            is_wanted = unit.bound & ALWAYS or unit.is_autouse
            # Statements that bind nothing belong to what they name: listeners, a call that fills a table.
            is_wanted = is_wanted or (name.startswith("statement:") and bool(unit.named & bound))
            if is_wanted and self._problem((self.file, name)) is None:
                self._choose((self.file, name))

    def _choose(self, key: Key) -> None:
        if key in self.chosen:
            return
        self.chosen[key] = None
        for needed in self._needs(key):
            self._choose(needed)

    def _problem(self, key: Key) -> NotMirrored | None:
        """Why a piece, or something that it needs, cannot be mirrored."""
        if key in self.problems:
            return self.problems[key]
        self.problems[key] = None
        path, name = key
        refusal = self.files[path].refused.get(name)
        if refusal is not None:
            self.problems[key] = NotMirrored(path, refusal.line, name, refusal.reason)
            return self.problems[key]
        for needed in self._needs(key):
            problem = self._problem(needed)
            if problem is not None:
                self.problems[key] = problem
                break
        return self.problems[key]

    def _needs(self, key: Key) -> Iterator[Key]:
        """The pieces that a piece needs beside it: its class's rest, what it names, fixtures of conftests."""
        path, name = key
        own = self.files[path]
        unit = own.after[name]
        owner = unit.name if unit.is_header else unit.owner
        if owner is not None:
            if owner in own.after and owner != name:
                yield path, owner
            for other, one in own.after.items():
                if one.owner == owner and not one.is_test and other != name:
                    yield path, other
        for word in sorted(unit.named):
            found = own.binding(word)
            if found is not None:
                if found.name != name and not found.is_test:
                    yield path, found.name
                continue
            elsewhere = self._elsewhere(own, word)
            if elsewhere is not None:
                yield elsewhere

    def _elsewhere(self, own: _File, word: str) -> Key | None:
        """The converted piece of another file of the tests that a name means: imported, or a conftest's fixture."""
        imported = own.module.imports.get(word)
        if imported is not None:
            module = self.project.module_named(imported.module, own.module) if imported.name else None
            other = self.files.get(module.file) if module is not None else None
            found = other.binding(imported.name or "") if other is not None else None
            if other is None or found is None or not self._is_converted(other, found):
                return None
            return other.file, found.name
        for conftest in self._conftests():
            found = conftest.binding(word)
            if conftest is not own and found is not None and found.is_fixture:
                if not self._is_converted(conftest, found):
                    return None
                refused = (conftest.file, found.name) in self.problems or found.name in conftest.refused
                if refused and not _gives_something(found):
                    # It sets something up, which it goes on doing as it is.
                    return None
                return conftest.file, found.name
        return None

    def _is_converted(self, other: _File, unit: Unit) -> bool:
        if unit.name in other.refused:
            return True
        return unit.is_function and other.is_changed(unit.name)

    def _conftests(self) -> list[_File]:
        folder = PurePosixPath(self.file).parent
        paths = [(one / "conftest.py").as_posix() for one in (folder, *folder.parents)]
        return [self.files[path] for path in paths if path in self.files]

    def _line(self, path: str, name: str) -> int:
        before = self.files[path].before.get(name)
        return before.node.lineno if before is not None else 1

    def _generation(self, main: _File, tests: int) -> Generation:
        marks = self.settings.marks(uses_own=any(map(self._uses_async_fixture, self.chosen)))
        result = Generation(docstring_of(main.source), import_block(main.source), left_out=self.left_out, tests=tests)
        taken: set[str] = set()
        imports: dict[tuple[str, str, str], None] = {}
        copied = [key for key in self._in_order() if key[0] != self.file]
        keeping = any({"async_db_session", FACTORY} & self.files[path].after[name].named for path, name in self.chosen)
        if keeping:
            marker = Marker(PLUGIN_FIXTURE, fingerprint(KEEPING), fingerprint(KEEPING))
            result.pieces.append(Wanted(marker, FACTORY, KEEPING, None, False))
            imports["pytest", "", "pytest"] = None
        bound = {name for path, unit in self.chosen for name in self.files[path].after[unit].bound}
        for path, name in [*copied, *(key for key in self._in_order() if key[0] == self.file)]:
            own = self.files[path]
            unit = own.after[name]
            text, more = marked(unit, marks)
            piece = self._piece(own, unit, text)
            if piece.name in taken:
                continue
            taken.add(piece.name)
            result.pieces.append(piece)
            imports.update(dict.fromkeys(more))
            for word in sorted(unit.named | annotation_words(unit)):
                if word not in bound or own.binding(word) is None:
                    imported = import_of(own.module, word, is_own=path == self.file)
                    if imported is not None and not self._is_copied(own, word):
                        imports[imported] = None
        result.imports = list(imports)
        return result

    def _uses_async_fixture(self, key: Key) -> bool:
        """Whether a piece asks for a fixture of the tests that was async before."""
        path, name = key
        files = [self.files[path], *self._conftests()]
        for word in self.files[path].after[name].named:
            for one in files:
                found = one.binding(word)
                before = one.before.get(found.name) if found is not None else None
                if before is not None and before.is_fixture and before.is_async:
                    return True
        return False

    def _is_copied(self, own: _File, word: str) -> bool:
        elsewhere = self._elsewhere(own, word) if word in own.module.imports else None
        return elsewhere in self.chosen

    def _in_order(self) -> list[Key]:
        """The chosen pieces as their files have them; a conftest's come first, the outermost before the others."""
        rank = {one.file: index for index, one in enumerate(reversed(self._conftests()))}
        paths = sorted(
            {path for path, _ in self.chosen}, key=lambda path: (path == self.file, rank.get(path, -1), path)
        )
        return [(path, name) for path in paths for name in self.files[path].after if (path, name) in self.chosen]

    def _piece(self, own: _File, unit: Unit, text: str) -> Wanted:
        before = own.before.get(unit.name)
        names = {}
        if unit.is_test:
            names[unit.name.rpartition(".")[2]] = mirror_name(unit.name.rpartition(".")[2])
        if unit.is_header:
            names[unit.name] = mirror_name(unit.name)
        owner = unit.owner and mirror_name(unit.owner)
        text = _with_names(text, names)
        last = unit.name.rpartition(".")[2]
        name = names.get(last, last)
        label = unit.name if own.file == self.file else f"{PurePosixPath(own.file).name}::{unit.name}"
        marker = Marker(label, before.fingerprint if before else unit.fingerprint, fingerprint(text))
        return Wanted(marker, f"{owner}.{name}" if owner else name, text, owner, unit.is_header)


def _named(source: Source) -> dict[str, Unit]:
    # Of two functions of one name Python keeps the last.
    return {one.name: one for one in split(source)}


def _text(unit: Unit | None) -> str:
    return unit.text if unit is not None else ""


def _paths(unit: Unit | None) -> set[str]:
    """The dotted paths that a piece names in strings, as ``patch("app.db.Session")`` does."""
    return {
        node.value
        for statement in (unit.nodes if unit is not None and unit.is_function else ())
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value)
    }


def _gives_something(unit: Unit) -> bool:
    return any(isinstance(node, ast.Return | ast.Yield) and node.value is not None for node in ast.walk(unit.node))


def _with_names(text: str, names: Mapping[str, str]) -> str:
    if not names:
        return text
    whole = f"if 1:\n{text}" if text[:1] in (" ", "\t") else text
    try:
        return renamed(Source("unit.py", whole), names).text[len(whole) - len(text) :]
    except SyntaxError:
        body = f"{whole}    pass\n"
        return renamed(Source("unit.py", body), names).text[: -len("    pass\n")]
