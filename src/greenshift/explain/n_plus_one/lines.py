"""The user's lines as places of an explanation."""

from __future__ import annotations

import linecache

from greenshift.explain.explanation import Place
from greenshift.explain.n_plus_one.stack import Site
from greenshift.trace import CallSite


def at(site: Site, role: str) -> Place:
    """Return a place on the call stack as a place of an explanation."""
    return Place(site.file, site.line, role, site.code.co_name, _code(site.file, site.line))


def called(site: CallSite, role: str) -> Place:
    """Return a statement's call site as a place of an explanation."""
    return Place(site.file, site.line, role, site.function.rpartition(".")[2], _code(site.file, site.line))


def line(file: str, number: int, role: str) -> Place:
    """Return a line of a file as a place of an explanation."""
    return Place(file, number, role, None, _code(file, number))


def _code(file: str, number: int) -> str | None:
    return linecache.getline(file, number).strip() or None
