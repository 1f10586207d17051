"""An environment that answers every question about a database with a value that is known again in the URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_DATABASE: Final = re.compile(r"DATABASE|POSTGRES|SQL|DSN|(^|_)(DB|PG)|(^|_)(URL|URI)$", re.IGNORECASE)
_URL: Final = re.compile(r"(UR[LI]|DSN|CONN\w*)$", re.IGNORECASE)
_SCHEMES: Final = re.compile(
    r"(DRIVER|DIALECT|SCHEME|ENGINE|TYPE|PREFIX|PROTOCOL|ECHO|POOL|SIZE|OVERFLOW)", re.IGNORECASE
)
_FIRST_PORT: Final = 61_000


class ProbeEnvironment(Mapping[str, str]):
    """Variables that have to do with a database, each with a value of its own.

    Args:
        more: names that have to do with it although they do not look like it.
        parts_only: whether to know no whole URL, only its parts.
    """

    def __init__(self, more: frozenset[str] = frozenset(), *, parts_only: bool = False) -> None:
        self._more = more
        self._parts_only = parts_only
        self.asked: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self:
            raise KeyError(name)
        if name not in self.asked:
            number = len(self.asked)
            port = _FIRST_PORT + number
            if _URL.search(name):
                self.asked[name] = f"postgresql://gsu{number}x:gsp{number}x@gsh{number}x:{port}/gsd{number}x"
            elif name.upper().endswith("PORT"):
                self.asked[name] = str(port)
            else:
                self.asked[name] = f"gsv{number}x"
        return self.asked[name]

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or _SCHEMES.search(name) or (self._parts_only and _URL.search(name)):
            return False
        return name in self._more or _DATABASE.search(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(())  # what is not asked for by name is not there

    def __len__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return True

    def forms(self, url: str) -> dict[str, str | None]:
        """Return the variables that are in a URL, each with what it stands for: None for a whole URL, else a template.

        Args:
            url: the URL that the program makes of the variables; what is not known of it is a NUL.
        """
        found: dict[str, str | None] = {}
        for name, value in self.asked.items():
            if "://" in value:
                if url.count("://") > 1 and value in url:
                    # The program writes the scheme before it: what it wants is the rest of a URL.
                    found[name] = "{user}:{password}@{host}:{port}/{database}"
                elif value.rpartition("/")[2] in url or value.partition("@")[2].partition(":")[0] in url:
                    found[name] = None
            elif value == url:
                found[name] = None
            elif value in url:
                part = _part_of(url, value)
                if part is not None:
                    found[name] = part
        return found


_PARTS: Final = re.compile(
    r"^[^:]*://(?:(?P<user>[^:@/]*)(?::(?P<password>[^@/]*))?@)?(?P<host>[^:/?]*)(?::(?P<port>[^/?]*))?"
    r"(?:/+(?P<database>[^?]*))?"
)


def _part_of(url: str, value: str) -> str | None:
    matched = _PARTS.match(url)
    for part, text in matched.groupdict().items() if matched else ():
        if text is not None and value in text:
            # What the program writes around it, it writes around the test's, too: then it cannot be told what to give.
            return f"{{{part}}}"
    return None
