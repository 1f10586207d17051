"""The file of known findings: they are left out until they are mended, and no new one hides behind them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from greenshift.atomic_file import replace_file
from greenshift.check.errors import CheckError
from greenshift.report.findings import Finding
from greenshift.report.fingerprint import fingerprint, identity

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """Findings of a baseline that look the same.

    Attributes:
        rule: the rule's id.
        file: where they are.
        about: what they are about, for people.
        fingerprint: what finds them again.
        count: how many there are.
    """

    rule: str
    file: str
    about: str
    fingerprint: str
    count: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings beside a baseline.

    Attributes:
        new: those that are not in it.
        known: those that are.
        gone: what is in it and was not found; its counts are those that are too many.
    """

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[KnownFinding, ...]


def compare(findings: Iterable[Finding], baseline: Sequence[KnownFinding]) -> Compared:
    """Tell new findings from known ones. Of findings that look the same, as many are known as the baseline counts.

    Args:
        findings: what was found, in a stable order.
        baseline: what is known.
    """
    left: Counter[str] = Counter()
    for one in baseline:
        left[one.fingerprint] += one.count
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        digest = fingerprint(finding)
        if left[digest] > 0:
            left[digest] -= 1
            known.append(finding)
        else:
            new.append(finding)
    gone = tuple(
        KnownFinding(one.rule, one.file, one.about, one.fingerprint, left[one.fingerprint])
        for one in baseline
        if left[one.fingerprint] > 0
    )
    return Compared(tuple(new), tuple(known), gone)


def read_baseline(path: Path) -> tuple[KnownFinding, ...]:
    """Return what a baseline holds.

    Args:
        path: the file.

    Raises:
        CheckError: it cannot be read, or is no baseline.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, Mapping) or document.get("version") != VERSION:
            raise ValueError(f"it has no version {VERSION}")
        return tuple(_known(one) for one in document["findings"])
    except OSError as error:
        raise CheckError(
            f"the baseline {path} cannot be read: {error.strerror}", "write one: greenshift check --write-baseline"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = "the key 'findings' is missing" if isinstance(error, KeyError) else str(error)
        raise CheckError(
            f"the baseline {path} is none: {reason}", "take it from your repository, or write it anew: --write-baseline"
        ) from error


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write a baseline in one step; what it held and is not among the findings is gone.

    Args:
        path: the file.
        findings: what is known from now on.

    Returns:
        How many findings it holds.

    Raises:
        CheckError: it cannot be written.
    """
    counts: Counter[KnownFinding] = Counter(
        KnownFinding(one.rule, one.place.file, identity(one), fingerprint(one), 0) for one in findings
    )
    document = {
        "version": VERSION,
        "findings": [
            {
                "rule": one.rule,
                "file": one.file,
                "about": one.about,
                "fingerprint": one.fingerprint,
                "count": count,
            }
            for one, count in sorted(
                counts.items(), key=lambda item: (item[0].file, item[0].rule, item[0].about, item[0].fingerprint)
            )
        ],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise CheckError(
            f"the baseline {path} cannot be written: {error.strerror}", "name a file in a folder of yours"
        ) from error
    return counts.total()


def _known(one: Any) -> KnownFinding:
    if not isinstance(one, Mapping):
        raise TypeError("a finding of it is no object")
    texts = {name: one.get(name) for name in ("rule", "file", "about", "fingerprint")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("a finding of it lacks its rule, file or fingerprint")
    count = one.get("count")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise TypeError("a finding of it has no count")
    return KnownFinding(str(texts["rule"]), str(texts["file"]), str(texts["about"]), str(texts["fingerprint"]), count)
