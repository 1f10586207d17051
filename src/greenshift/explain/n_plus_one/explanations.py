"""What a loop means to the user: the lines, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.n_plus_one import lines
from greenshift.explain.n_plus_one.attribute_loads import AttributeLoop
from greenshift.explain.n_plus_one.hand_written import StatementLoop
from greenshift.explain.n_plus_one.loader_options import LoaderOption, base_without
from greenshift.explain.n_plus_one.option_edits import option_edits
from greenshift.trace import CallSite

ATTRIBUTES_KIND = "N+1 lazy loads"
STATEMENTS_KIND = "N+1 loop"


@dataclass
class _Finding:
    """A loop, and those over the relationships on the way to it, which one option mends together."""

    loop: AttributeLoop
    option: LoaderOption
    outer: list[AttributeLoop] = field(default_factory=list)


def explain_attribute_loops(loops: Sequence[AttributeLoop]) -> list[Explanation]:
    """Return the explanations of loops over attributes; a chain of relationships from one SELECT is explained once.

    Args:
        loops: what was found.
    """
    findings: list[_Finding] = []
    for loop in sorted(loops, key=lambda one: -len(one.place.chain)):
        option = LoaderOption.of(loop.place.kind, loop.place.chain, loop.place.attribute)
        longer = next((one for one in findings if _is_on_the_way(loop, option, one)), None)
        if longer is None:
            findings.append(_Finding(loop, option))
        else:
            longer.outer.insert(0, loop)
    order = {id(loop): number for number, loop in enumerate(loops)}
    findings.sort(key=lambda one: min(order[id(loop)] for loop in (one.loop, *one.outer)))
    return [_explain(one) for one in findings]


def _is_on_the_way(loop: AttributeLoop, option: LoaderOption, longer: _Finding) -> bool:
    if loop.place.loaded is None or loop.place.loaded != longer.loop.place.loaded:
        return False
    if "expired" in (loop.place.kind, longer.loop.place.kind):
        return False
    return longer.option.path[: len(option.path)] == option.path


def _explain(finding: _Finding) -> Explanation:
    place, loops = finding.loop.place, [*finding.outer, finding.loop]
    attributes = list(dict.fromkeys(loop.place.attribute for loop in loops))
    statements = sum(loop.statements for loop in loops)
    name = place.attribute.rpartition(".")[0]
    passes = f" ({finding.loop.times} loops)" if finding.loop.times > 1 else ""
    kind = place.kind
    reads = [loop.place.read for loop in loops]
    where = [lines.at(read, "loaded one by one here") for read in reads if read is not None]
    if place.loaded is not None:
        where.append(lines.called(place.loaded, "parents loaded here"))
    for loop in loops:
        if loop.place.loop is not None and (loop.place.loop.file, loop.place.loop.line) not in _lines(where):
            where.append(lines.line(loop.place.loop.file, loop.place.loop.line, "in this loop"))
    base = base_without(place.attribute, finding.loop.source, place.chain) if kind == "expired" else None
    edits = option_edits(finding.loop.source, place.chain, finding.option) if kind != "expired" else ()
    return Explanation(
        kind=ATTRIBUTES_KIND,
        headline=f"{statements} statements loaded {' and '.join(attributes)}, one for each {name}{passes}",
        because=_because(kind if base is None else "subclass", place.attribute, place.loaded),
        where=tuple(dict.fromkeys(where)),
        fix=_fix(kind, finding.option, place.loaded, name) if base is None else _subclass_fix(finding, base, name),
        edits=edits,
    )


def _because(kind: str, attribute: str, loaded: CallSite | None) -> str:
    more = "As many rows, as many statements."
    if kind == "expired":
        return (
            "What had been loaded was expired, by a commit or a rollback, and each object is then read again by a "
            f"statement of its own. {more}"
        )
    name = attribute.rpartition(".")[2]
    if loaded is None:
        return f"Nothing had loaded {name} when it was read, and each object sends a statement of its own. {more}"
    return f"One SELECT loaded these objects without {name}; each one that is read sends a statement of its own. {more}"


def _fix(kind: str, option: LoaderOption, loaded: CallSite | None, name: str) -> str:
    if kind == "expired":
        return (
            f"read them again with one SELECT before the loop, `select({name}).where(...)`; or keep what was loaded "
            "after a commit: `sessionmaker(..., expire_on_commit=False)`"
        )
    if loaded is None:
        return f"read the objects with one SELECT before the loop, with `.options({option})`"
    return f"add `.options({option})` to the SELECT at {loaded.file}:{loaded.line} (to `session.get`: `options=[...]`)"


def _subclass_fix(finding: _Finding, base: str, name: str) -> str:
    option = f"selectin_polymorphic({base}, [{name}])"
    loaded = finding.loop.place.loaded
    relationships = str(LoaderOption(finding.option.path[:-1], False))
    if relationships:
        option = f"{relationships}.options({option})"
    where = "" if loaded is None else f" at {loaded.file}:{loaded.line}"
    return f"add `.options({option})` to the SELECT{where}: it returns {base} without the columns of {name}"


def explain_statement_loop(loop: StatementLoop) -> Explanation:
    """Return the explanation of a loop written by hand.

    Args:
        loop: what was found.
    """
    place = loop.place
    what = f"SELECTs of {place.model}" if place.model else "equal SELECTs"
    where = [lines.at(place.sent, "sent one by one here")]
    if (place.loop.file, place.loop.line) not in _lines(where):
        where.append(lines.line(place.loop.file, place.loop.line, "in this loop"))
    model = place.model or "table.c"
    passes = f" ({loop.times} loops)" if loop.times > 1 else ""
    return Explanation(
        kind=STATEMENTS_KIND,
        headline=f"{loop.statements} {what} were sent by one loop{passes}",
        because="Each turn of the loop sends the same SELECT with another value. As many turns, as many statements.",
        where=tuple(where),
        fix=f"ask once, before the loop, `where({model}.<column>.in_(values))`, and look each turn's rows up in a dict",
    )


def _lines(places: Sequence[Place]) -> set[tuple[str, int]]:
    return {(place.file, place.line) for place in places}
