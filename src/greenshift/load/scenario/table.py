"""A table of a scenario file, read key by key; what is left over is a mistake."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from greenshift.load.errors import ScenarioError

_MISSING = object()


class Table:
    """One table of a scenario file.

    Args:
        data: the table as TOML gave it.
        file: the file's name, for messages.
        key: where in the file: ``step[2]``; empty for the whole.
    """

    def __init__(self, data: Any, file: str, key: str = "") -> None:
        self._file = file
        self._key = key
        if not isinstance(data, Mapping):
            raise self.error("", f"is {_kind(data)} where a table is expected", f"write [{key}] and its keys below it")
        self._data = data
        self._asked: list[str] = []

    def error(self, key: str, problem: str, fix: str) -> ScenarioError:
        """Return an error that names the file and the key."""
        return ScenarioError(f"{self._file}: {self._at(key)} {problem}", fix)

    def names(self) -> list[str]:
        """Return its keys, all of which are taken as known."""
        self._asked.extend(self._data)
        return list(self._data)

    def has(self, key: str) -> bool:
        """Whether a key is there."""
        return self._value(key, None) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there and not empty."""
        value = self._value(key, default if default is not None else _MISSING)
        if not isinstance(value, str):
            raise self.error(key, f"is {_kind(value)} where a text is expected", f'write {key} = "..."')
        if not value and default is None:
            raise self.error(key, "is empty", f'write {key} = "..."')
        return value

    def number(self, key: str, default: float) -> float:
        """Return a number above 0."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"is {_kind(value)} where a number is expected", f"write {key} = {default:g}")
        if not value > 0:
            raise self.error(key, f"is {value:g}", f"write a {key} above 0")
        return value

    def anything(self, key: str, default: Any = None) -> Any:
        """Return whatever is there."""
        return self._value(key, default)

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a table of any keys; empty where there is none."""
        value = self._value(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, f"is {_kind(value)} where a table is expected", f"write {key} = {{ name = value }}")
        return dict(value)

    def texts(self, key: str) -> dict[str, str]:
        """Return a table of texts; numbers become texts."""
        texts = {}
        for name, value in self.mapping(key).items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise self.error(f"{key}.{name}", f"is {_kind(value)} where a text is expected", "write it in quotes")
            texts[name] = str(value)
        return texts

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, or None."""
        value = self._value(key, None)
        return None if value is None else Table(value, self._file, self._at(key))

    def tables(self, key: str) -> list[Table]:
        """Return the tables of ``[[key]]``."""
        value = self._value(key, [])
        if not isinstance(value, list):
            raise self.error(key, f"is {_kind(value)} where a list of tables is expected", f"write [[{key}]]")
        return [Table(item, self._file, f"{self._at(key)}[{place}]") for place, item in enumerate(value, 1)]

    def done(self, what: str) -> None:
        """Refuse the keys that nobody asked for.

        Raises:
            ScenarioError: there is one; with the nearest that there is.
        """
        for key in self._data:
            if key not in self._asked:
                raise self.error(key, f"is no key of {what}", did_you_mean(key, self._asked))

    def _value(self, key: str, default: Any) -> Any:
        if key not in self._asked:
            self._asked.append(key)
        value = self._data.get(key, default)
        if value is _MISSING:
            raise self.error(key, "is missing", f'write {key} = "..."')
        return value

    def _at(self, key: str) -> str:
        return ".".join(part for part in (self._key, key) if part) or "the file"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the line that says what was meant, or what there is."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    there_is = f"there is {', '.join(known)}" if known else "there is none"
    return f"did you mean {near[0]}? {there_is}" if near else there_is


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    for kind, name in ((str, "a text"), (int | float, "a number"), (Mapping, "a table"), (list, "a list")):
        if isinstance(value, kind):
            return name
    return f"a {type(value).__name__}"
