"""URLs put together by libraries: ``URL.create``, ``PostgresDsn.build``, and changed by ``URL``'s methods."""

from __future__ import annotations

from typing import Any

from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.static.merging import joined, mapped, text_of, unknown
from greenshift.check.static.objects import Arguments, DictObject


def created(arguments: Arguments) -> Value:
    """Return the URL that ``URL.create(drivername, username, password, host, port, database, query)`` makes.

    Args:
        arguments: the call's.
    """
    drivername = arguments.get(0, "drivername")
    user, password = arguments.get(1, "username"), arguments.get(2, "password")
    host, port = arguments.get(3, "host"), arguments.get(4, "port")
    database, query = arguments.get(5, "database"), arguments.get(6, "query")
    parts = [drivername or unknown("no driver"), Value.of("://")]
    parts += _authority(user, password, host, port)
    if _given(database):
        parts += [Value.of("/"), database or unknown("")]
    return joined([*parts, *_query(query)])


def built(arguments: Arguments) -> Value:
    """Return the URL that pydantic's ``PostgresDsn.build(scheme=..., host=..., path=...)`` makes.

    Args:
        arguments: the call's.
    """
    named = arguments.keywords
    parts = [named.get("scheme") or unknown("no scheme"), Value.of("://")]
    user = named.get("username") or named.get("user")
    parts += _authority(user, named.get("password"), named.get("host"), named.get("port"))
    path = named.get("path")
    if _given(path):
        known = path.known if path is not None else None
        parts += [Value.of("" if isinstance(known, str) and known.startswith("/") else "/"), path or unknown("")]
    query = named.get("query")
    if _given(query):
        parts += [Value.of("?"), query or unknown("")]
    return joined(parts)


def _given(value: Value | None) -> bool:
    return value is not None and not (value.is_known and value.known is None)


def _authority(user: Value | None, password: Value | None, host: Value | None, port: Value | None) -> list[Value]:
    parts: list[Value] = []
    if user is not None and _given(user):
        parts.append(user)
        if password is not None and _given(password):
            parts += [Value.of(":"), password]
        parts.append(Value.of("@"))
    if host is not None and _given(host):
        parts.append(host)
    if port is not None and _given(port):
        parts += [Value.of(":"), port]
    return parts


def _query(query: Value | None) -> list[Value]:
    if query is None or not _given(query):
        return []
    entries = query.known
    if not isinstance(entries, DictObject) or entries.open:
        return [unknown("the query")]
    parts: list[Value] = []
    for name, value in entries.entries.items():
        parts += [Value.of(f"{'&' if parts else '?'}{name}="), value]
    return parts


def with_parts(url: Value, arguments: Arguments) -> Value:
    """Return a URL changed by ``url.set(drivername=..., ...)``: a new scheme is taken over, other parts are not known.

    Args:
        url: the URL.
        arguments: the call's.
    """
    driver = arguments.keywords.get("drivername")
    others = [name for name in arguments.keywords if name != "drivername"]
    if arguments.open_keywords:
        return unknown(arguments.open_keywords)
    if url.unknown and not url.options:
        if driver is None:
            return url
        return joined([driver, Value.of("://"), unknown(url.unknown)])

    def rest(item: Any) -> Any:
        pieces = item.pieces if isinstance(item, Text) else (item,) if isinstance(item, str) else (None,)
        scheme, separator, behind = (pieces[0] or "").partition("://") if pieces else ("", "", "")
        tail: list[str | None] = [behind, *pieces[1:]] if separator else [None]
        if others:
            tail = [None]
        if driver is not None:
            return text_of(tail)
        return text_of([f"{scheme}://" if separator else None, *tail])

    changed = mapped(url, rest)
    return joined([driver, Value.of("://"), changed]) if driver is not None else changed


def with_query(url: Value) -> Value:
    """Return a URL to which parameters are added that are not followed."""
    return joined([url, unknown("the query")])
