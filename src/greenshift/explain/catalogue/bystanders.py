"""The other connections at the moment of a failure: what they ran last, and from which line."""

from __future__ import annotations

from greenshift.explain import sites
from greenshift.explain.catalogue.server_error import own_statement
from greenshift.explain.explanation import Place
from greenshift.explain.facts import ConnectionFact, Facts


def place_of(connection: ConnectionFact, role: str) -> Place | None:
    """Return the line from which a connection's last statement was sent, or None where no line is known.

    Args:
        connection: the connection.
        role: the part it has in the error.
    """
    last = connection.last_statement
    site = connection.held_by if last is None or last.call_site is None else last.call_site
    return None if site is None else sites.place_of(site, role)


def told(connection: ConnectionFact) -> str:
    """Return what a connection does, in a few words, its last statement among them."""
    last = connection.last_statement
    who = connection.task or connection.thread or "another thread"
    since = connection.transaction_seconds
    age = "" if since is None else f", in a transaction for {since:.1f} s"
    return f"{who}{age}" + ("" if last is None else f": {own_statement(last.sql)}")


def open_transactions(facts: Facts) -> tuple[ConnectionFact, ...]:
    """Return the other connections to the same database that had an open transaction, the oldest transaction first.

    Args:
        facts: what was known at the failure.
    """
    failing = facts.failing
    found = [
        one
        for one in facts.connections
        if not one.failed
        and one.transaction_seconds is not None
        and (failing is None or _database(one.engine_url) == _database(failing.engine_url))
    ]
    return tuple(sorted(found, key=lambda one: -(one.transaction_seconds or 0.0)))


def _database(url: str | None) -> str | None:
    """Return a URL without its driver: two engines may use one database by two of them."""
    return None if url is None else url.partition("://")[2].partition("?")[0]
