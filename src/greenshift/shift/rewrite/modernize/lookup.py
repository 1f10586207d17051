"""``query(X).get(key)``: the session's own ``get``."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import Query, Session
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.modernize.group import LeaveError, Step, is_scalar, steps_down
from greenshift.shift.rewrite.modernize.layout import name_start, without_comments
from greenshift.shift.rewrite.modernize.session import site_session
from greenshift.shift.rewrite.modernize.work import Work


def convert_get(work: Work, step: Step) -> None:
    """``db.query(X).options(...).get(key)`` becomes ``db.get(X, key, options=[...])``."""
    group = work.group
    site = group.site_below(step.receiver)
    if site is None or len(site.args) != 1 or not is_scalar(group.shape(site)):
        raise LeaveError("get() of a query made elsewhere", step.call)
    if site.keywords or isinstance(site.args[0], ast.Starred):
        raise LeaveError("query() with keywords", site)
    if len(step.call.args) + len(step.call.keywords) != 1 or (
        step.call.keywords and step.call.keywords[0].arg != "ident"
    ):
        raise LeaveError("get() with other arguments than the key", step.call)
    key = step.call.args[0] if step.call.args else step.call.keywords[0].value
    if isinstance(key, ast.Starred):
        raise LeaveError("get() with an unpacked key", step.call)
    between = [call for call in steps_down(step.receiver) if call is not site and call not in group.site_set]
    between = between[: [id(call) for call in steps_down(step.receiver)].index(id(site))]
    keywords = _keywords(work, step, between)
    source, edits = step.module.source, work.edits(step.module)
    if not isinstance(site.func, ast.Attribute):
        raise LeaveError("it is made by Query(...) without a session", site)
    site_session(site)
    entity = site.args[0]
    without_comments(source, source.end(entity), source.start(key), step.call)
    if keywords and _holds_query(work, key):
        raise LeaveError("get() with options and a key that runs a query", step.call)
    work.answer(step.call, "get")
    start = name_start(source, site.func)
    edits.replace(start, source.end(site.func), "get")
    opening = source.text[source.end(step.attribute) : source.start(key)]
    brackets = "(" * (opening.count("(") - 1)
    edits.replace(source.end(entity), source.start(key), f", {brackets}")
    if keywords:
        edits.insert_after(key, f", {keywords}")
    work.replaced_sites.add(site)
    work.done.update(between)


def _keywords(work: Work, step: Step, between: list[ast.Call]) -> str:
    source = step.module.source
    options: list[str] = []
    found: list[str] = []
    for call in reversed(between):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name == "options" and not call.keywords and not any(isinstance(one, ast.Starred) for one in call.args):
            if any(_holds_query(work, argument) for argument in call.args):
                raise LeaveError("get() with options that run a query", call)
            options += [source.segment(argument) for argument in call.args]
        elif name == "populate_existing":
            found.append("populate_existing=True")
        elif name == "with_for_update" and not call.args and not call.keywords:
            found.append("with_for_update=True")
        else:
            raise LeaveError(f"get() behind {name}()", step.call)
    if options:
        found.insert(0, f"options=[{', '.join(options)}]")
    return ", ".join(found)


def _holds_query(work: Work, node: ast.expr) -> bool:
    return any(work.group.context.kinds.is_a(each, Query, Session) for each in walk(node))
