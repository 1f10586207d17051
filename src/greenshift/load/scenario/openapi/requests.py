"""The request that an operation of an OpenAPI document is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from greenshift.load.scenario.model import Request
from greenshift.load.scenario.openapi.cannot_make import CannotMake
from greenshift.load.scenario.openapi.document import Document, Operation
from greenshift.load.scenario.openapi.lists import Listing
from greenshift.load.scenario.openapi.values import Made
from greenshift.load.scenario.placeholders import as_text

# Reads are more frequent than writes in most applications; a scenario file says how it is in this one.
GET_WEIGHT = 5.0
POST_WEIGHT = 1.0

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_NAME = re.compile(r"\W+")
_SEGMENT = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Need:
    """A value that must be taken from a list's answer first.

    Attributes:
        name: the placeholder.
        listing: the list.
        path: the dotted path in its answer.
    """

    name: str
    listing: Listing
    path: str


class Requests:
    """Makes requests of operations.

    Args:
        document: the OpenAPI document.
        lists: its lists that can be sent, by path without a slash at its end.
    """

    def __init__(self, document: Document, lists: Mapping[str, Listing]) -> None:
        self._document = document
        self._lists = lists
        self._names: dict[str, tuple[str, str]] = {}

    def of(self, operation: Operation) -> tuple[Request, list[Need]]:
        """Return the request of an operation, and what must be taken from answers before it.

        Raises:
            CannotMake: a parameter or the body cannot be made.
        """
        needs: dict[str, Need] = {}
        path = self._path(operation, needs)
        references = self._references() if operation.method != "GET" else {}
        made = Made(self._document, {name: f"{{{need.name}}}" for name, need in references.items()})
        params, headers = self._parameters(operation, made)
        body = self._body(operation, made) if operation.method != "GET" else {}
        for name in made.used:
            needs.setdefault(references[name].name, references[name])
        request = Request(
            method=operation.method,
            path=path,
            name=operation.name,
            weight=GET_WEIGHT if operation.method == "GET" else POST_WEIGHT,
            params=params,
            headers=headers,
            made=made.invented,
        )
        return replace(request, **body), list(needs.values())

    def _path(self, operation: Operation, needs: dict[str, Need]) -> str:
        described = {
            parameter["name"]: parameter for parameter in operation.parameters if parameter.get("in") == "path"
        }
        made = Made(self._document)
        path = ""
        end = 0
        for found in _PARAMETER.finditer(operation.path):
            path += operation.path[end : found.start()]
            end = found.end()
            name = found[1].partition(":")[0]
            listing = self._lists.get(operation.path[: found.start()].rstrip("/"))
            taken = listing.path_of(name) if listing else None
            if listing and taken:
                need = Need(self._placeholder(listing, taken, name), listing, taken)
                needs[need.name] = need
                path += f"{{{need.name}}}"
                continue
            given, value = made.given(described.get(name, {}))
            elsewhere = None if given else self._references().get(name)
            if elsewhere:
                # Not a list of the things at this place, but of things of that name: /users for /profiles/{user_id}.
                needs[elsewhere.name] = elsewhere
                path += f"{{{elsewhere.name}}}"
                continue
            if not given:
                raise CannotMake(f"no example of {name}, and no list to take one from")
            path += quote(as_text(value), safe="")
        return path + operation.path[end:]

    def _parameters(self, operation: Operation, made: Made) -> tuple[dict[str, Any], dict[str, str]]:
        params: dict[str, Any] = {}
        headers: dict[str, str] = {}
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter.get("in")
            if place == "path" or not parameter.get("required"):
                continue
            if place == "cookie":
                raise CannotMake(f"needs the cookie {name}")
            if place == "header" and name.lower() == "authorization":
                raise CannotMake("needs the header Authorization: say in [login] how to get it")
            value = made.of_parameter(parameter)
            if place == "header":
                headers[name] = str(value)
            else:
                params[name] = value
        return params, headers

    def _body(self, operation: Operation, made: Made) -> dict[str, Any]:
        body = self._document.resolved(operation.data.get("requestBody"))
        content: Mapping[str, Any] = body.get("content") or {}
        if not content:
            return {}
        for kind, media in content.items():
            if "json" in kind:
                return {"json": made.of_media(media)}
        form = content.get("application/x-www-form-urlencoded")
        if form is not None:
            return {"form": made.of_media(form)}
        if not body.get("required"):
            return {}
        raise CannotMake(f"its body is {next(iter(content))}")

    def _placeholder(self, listing: Listing, path: str, parameter: str) -> str:
        """Return the name for what is taken from a list: ``exam_id``, or longer where that is another list's."""
        last = path.rpartition(".")[2]
        short = parameter if last == "*" or parameter.startswith(f"{listing.thing}_") else f"{listing.thing}_{last}"
        long = "_".join([*_SEGMENT.findall(_PARAMETER.sub("", listing.operation.path)), last])
        place = (listing.operation.path, path)
        for name in (_NAME.sub("_", short), _NAME.sub("_", long)):
            if self._names.setdefault(name, place) == place:
                return name
        raise CannotMake(f"no name is left for {parameter}")

    def _references(self) -> dict[str, Need]:
        """What a property such as ``exam_id`` points to: the things of a list that needs no parameters itself."""
        found: dict[str, Need] = {}
        for listing in self._lists.values():
            path = listing.path_of("id")
            if path and "{" not in listing.operation.path:
                name = f"{listing.thing}_id"
                found.setdefault(name, Need(self._placeholder(listing, path, name), listing, path))
        return found
