"""Rules in words: ``--list-rules`` and ``--explain``."""

from __future__ import annotations

import json
from textwrap import fill, indent

from greenshift.check.rules.registry import all_rules, rule_of
from greenshift.check.rules.rule import Rule, Sample
from greenshift.check.selection import known_rules


def listed(*, as_json: bool = False) -> str:
    """Return every rule, one a line.

    Args:
        as_json: as a JSON list.
    """
    rules = all_rules()
    if as_json:
        return (
            json.dumps([{"id": rule.id, "severity": str(rule.severity), "title": rule.title} for rule in rules]) + "\n"
        )
    return "".join(f"{rule.id}  {rule.severity!s:<7}  {rule.title}\n" for rule in rules)


def explained(identifier: str) -> str:
    """Return all that there is to say of a rule: why, the source, what to do, and its samples.

    Args:
        identifier: the rule's id, in any case; a family's name for all of its rules.

    Raises:
        ConfigurationError: there is no such rule.
    """
    known_rules([identifier], "given with --explain")
    rule = rule_of(identifier)
    if rule is not None:
        return _told(rule)
    from greenshift.check.selection import Selection

    return "\n".join(_told(rule) for rule in Selection((identifier,)).rules())


def _told(rule: Rule) -> str:
    parts = [
        f"{rule.id} ({rule.severity}): {rule.title}",
        fill(rule.why, 100),
        f"Source: {rule.source}",
        fill(f"Fix: {rule.fix}", 100, break_long_words=False, break_on_hyphens=False),
    ]
    for title, samples in (("Bad", rule.bad), ("Good", rule.good)):
        for sample in samples:
            parts.append(f"{title}:\n\n{_sample(sample)}")
    return "\n\n".join(parts) + "\n"


def _sample(sample: Sample) -> str:
    shown = []
    for path, text in sample.files.items():
        name = f"# {path}\n" if len(sample.files) > 1 else ""
        shown.append(indent(f"{name}{text.rstrip()}", "    "))
    if sample.server is not None:
        shown.append(f"    (the server: {sample.server.address})")
    return "\n\n".join(shown)
