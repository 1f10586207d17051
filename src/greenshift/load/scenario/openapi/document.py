"""An OpenAPI document: read from a URL, a file or memory, with its references resolved."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenshift.load.errors import ScenarioError
from greenshift.masking import mask

_SECONDS = 30.0
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        method: in capitals.
        path: with its parameters in braces.
        data: the operation's object.
        parameters: those of the path and of the operation, resolved.
        secured: whether it asks for a login.
    """

    method: str
    path: str
    data: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    secured: bool

    @property
    def name(self) -> str:
        """``GET /exams/{exam_id}``."""
        return f"{self.method} {self.path}"


class Document:
    """An OpenAPI 3 document.

    Args:
        data: the document.
        source: where it is from, for messages.

    Raises:
        ScenarioError: it is no OpenAPI 3 document.
    """

    def __init__(self, data: Any, source: str) -> None:
        version = data.get("openapi") if isinstance(data, Mapping) else None
        if not isinstance(version, str) or not version.startswith("3.") or not isinstance(data.get("paths"), Mapping):
            raise ScenarioError(
                f"{source} is no OpenAPI 3 document", "give the application's openapi.json, or write a scenario file"
            )
        self.data: Mapping[str, Any] = data
        self.source = source

    @property
    def title(self) -> str:
        """What the application is called."""
        return str(self.resolved(self.data.get("info")).get("title") or "application")

    def resolved(self, node: Any) -> Mapping[str, Any]:
        """Return an object, or the one that its ``$ref`` points to within the document; empty where there is none."""
        for _ in range(32):
            if not isinstance(node, Mapping):
                return {}
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            node = self._at(reference)
        return {}

    def operations(self) -> Iterator[Operation]:
        """Yield the operations, path by path."""
        for path, item in self.data["paths"].items():
            item = self.resolved(item)
            for method in _METHODS:
                if method in item:
                    operation = self.resolved(item[method])
                    yield Operation(
                        method.upper(), path, operation, self._parameters(item, operation), self._secured(operation)
                    )

    def security_schemes(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the ways to log in, by name."""
        schemes = self.resolved(self.resolved(self.data.get("components")).get("securitySchemes"))
        return {name: self.resolved(scheme) for name, scheme in schemes.items()}

    def _parameters(self, *owners: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
        found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
        for owner in owners:
            for parameter in map(self.resolved, owner.get("parameters") or ()):
                found[parameter.get("in"), parameter.get("name")] = parameter
        return tuple(found.values())

    def _secured(self, operation: Mapping[str, Any]) -> bool:
        wanted = operation.get("security", self.data.get("security"))
        return bool(wanted) and {} not in wanted

    def _at(self, reference: str) -> Any:
        node: Any = self.data
        for part in reference.removeprefix("#/").split("/") if reference.startswith("#/") else ():
            part = part.replace("~1", "/").replace("~0", "~")
            node = node.get(part) if isinstance(node, Mapping) else None
        return None if node is self.data else node


def read_document(source: str | Path | Mapping[str, Any]) -> Document:
    """Read an OpenAPI document.

    Args:
        source: a URL, a JSON file, or the document itself.

    Raises:
        ScenarioError: it cannot be read, or is none.
    """
    if isinstance(source, Mapping):
        return Document(source, "the OpenAPI document")
    name = mask(str(source))
    try:
        if isinstance(source, str) and source.startswith(("http://", "https://")):
            with urllib.request.urlopen(source, timeout=_SECONDS) as answer:  # noqa: S310 - the user's own application
                text = answer.read()
        else:
            text = Path(source).read_bytes()
    except urllib.error.HTTPError as error:
        raise ScenarioError(f"{name} answered {error.code}", _WITHOUT) from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or error
        raise ScenarioError(f"{name} cannot be read: {reason}", _WITHOUT) from None
    try:
        return Document(json.loads(text), name)
    except ValueError:
        raise ScenarioError(f"{name} is not JSON", _WITHOUT) from None


_WITHOUT = "give the place of the application's openapi.json, or write a scenario file with [[step]]s"
