"""Endpoints that list things, from whose answers the parameters of other endpoints are filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from greenshift.load.scenario.openapi.document import Document, Operation

_WRAPPERS = ("items", "results", "data", "content", "records", "rows")


@dataclass(frozen=True, slots=True)
class Listing:
    """An endpoint that lists things.

    Attributes:
        operation: the endpoint.
        items: the dotted path to its items: ``*`` or ``items.*``.
        properties: what each item has; None where the document does not say.
        scalar: whether the items are plain values.
    """

    operation: Operation
    items: str
    properties: frozenset[str] | None
    scalar: bool = False

    @property
    def thing(self) -> str:
        """What it lists, in the singular: ``exam`` of ``/api/exams/``."""
        segments = [part for part in self.operation.path.split("/") if part and not part.startswith("{")]
        return singular(re.sub(r"\W", "_", segments[-1])) if segments else "item"

    def path_of(self, parameter: str) -> str | None:
        """Return the dotted path to the values of a path parameter, or None where the items have none."""
        if self.scalar:
            return self.items
        last = parameter.rpartition("_")[2].lower()
        if self.properties is None:
            return f"{self.items}.{last}" if last in ("id", "uuid", "slug") else None
        for name in (parameter, last, "id" if last.endswith("id") else "", f"{self.thing}_{last}"):
            if name in self.properties:
                return f"{self.items}.{name}"
        return None


def listings(document: Document) -> dict[str, Listing]:
    """Return the endpoints that list things, by path without a slash at its end."""
    found = {}
    for operation in document.operations():
        if operation.method == "GET":
            listing = _listing(document, operation)
            if listing:
                found[operation.path.rstrip("/")] = listing
    return found


def singular(word: str) -> str:
    """Return a word without its plural's ending."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word


def _listing(document: Document, operation: Operation) -> Listing | None:
    schema = _answer(document, operation)
    if schema is None:
        return None
    if not schema:
        # No response model: by its path it may list things, and its answer will show whether it does.
        return None if operation.path.endswith("}") else Listing(operation, "*", None)
    if schema.get("type") == "array" or "items" in schema:
        return _of_items(document, operation, "*", schema.get("items"))
    properties = schema.get("properties") or {}
    arrays = {
        name: resolved
        for name, node in properties.items()
        if (resolved := document.resolved(node)).get("type") == "array"
    }
    for name in (*_WRAPPERS, *(arrays if len(arrays) == 1 else ())):
        if name in arrays:
            return _of_items(document, operation, f"{name}.*", arrays[name].get("items"))
    return None


def _of_items(document: Document, operation: Operation, items: str, node: Any) -> Listing | None:
    schema = document.resolved(node)
    if schema.get("type") in ("string", "integer"):
        return Listing(operation, items, frozenset(), scalar=True)
    names = frozenset(_property_names(document, schema))
    return Listing(operation, items, names or None)


def _property_names(document: Document, schema: Mapping[str, Any]) -> Iterable[str]:
    yield from schema.get("properties") or ()
    for part in schema.get("allOf") or ():
        yield from _property_names(document, document.resolved(part))


def _answer(document: Document, operation: Operation) -> Mapping[str, Any] | None:
    """The schema of its JSON answer: empty where it says nothing, None where it is not JSON."""
    responses = operation.data.get("responses") or {}
    for status in sorted(responses):
        if status.startswith("2"):
            content = document.resolved(responses[status]).get("content") or {}
            media = next((content[kind] for kind in content if "json" in kind), None)
            return document.resolved(media.get("schema")) if media is not None else None
    return None
