"""Run the contract over public applications' models, and hold what fails against what was judged.

    python tests/corpus/contract.py --checkouts FOLDER --running FILE [--only NAME]... [--json FOLDER] [--markdown FILE]

The checkouts (``FOLDER/OWNER+NAME``, at the commits of ``contracts.toml``), their virtual environments and the file
that names these belong to the machine; no part of an application is in this repository, and no line is written for
any. FILE has a table for each name: ``python`` (of a virtual environment with the application's packages and
``greenshift[contract]``) and, where the application reads it when it is imported, ``environment``; ``checkout`` if its
folder has another name. Exit code 0 where every failure was judged, and every judged one fails.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("contracts.toml")
_HEAD = "| application | style | models | tests | passed | true faults | cannot be generated |"
_NOT_COPIED = shutil.ignore_patterns(".git", "node_modules", "__pycache__", ".venv")


class Judgement(StrEnum):
    """What somebody found who read the models."""

    FAULT = "fault"
    UNGENERATED = "cannot be generated"


@dataclass(frozen=True)
class Judged:
    """Failures of one kind that somebody has read.

    Args:
        tests: their ids, or patterns of them (``json-*``).
        count: how many there are.
        says: what each message contains.
        judgement: a fault of the models, or rows that cannot be made without an override.
        why: what is wrong, in a line.
    """

    tests: tuple[str, ...]
    count: int
    says: str
    judgement: Judgement
    why: str

    def covers(self, test: Mapping[str, Any]) -> bool:
        """Tell whether this is about a failed test."""
        return self.says in test["message"] and any(fnmatch.fnmatchcase(test["id"], one) for one in self.tests)


@dataclass(frozen=True)
class Listed:
    """One application of the list.

    Args:
        name: a short one.
        repository: at GitHub.
        commit: of the checkout.
        style: how its models are written.
        target: the argument of the command.
        models: how many there are.
        tests: how many tests they have at least; a behaviour that is new adds some.
        folder: from where the command is run, inside the repository.
        driver: of the async flavour; empty for the command's choice.
        judged: the failures.
    """

    name: str
    repository: str
    commit: str
    style: str
    target: str
    models: int
    tests: int
    folder: str = ""
    driver: str = ""
    judged: tuple[Judged, ...] = ()

    def count(self, judgement: Judgement) -> int:
        """Return how many failures were judged so."""
        return sum(one.count for one in self.judged if one.judgement is judgement)


@dataclass(frozen=True)
class Tried:
    """What one run of an application's models gave."""

    listed: Listed
    tests: tuple[Mapping[str, Any], ...]
    seconds: float = 0.0

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        """The tests that did not pass."""
        return [test for test in self.tests if test["outcome"] != "passed"]

    @property
    def models(self) -> int:
        """How many models were tried: each is made once."""
        return sum(test["id"].startswith("create-") for test in self.tests)

    @property
    def surprises(self) -> list[str]:
        """What failed and was not judged, or was judged and does not fail, or is not as many."""
        said = []
        if self.models != self.listed.models:
            said.append(f"{self.models} models, and {self.listed.models} are listed")
        if len(self.tests) < self.listed.tests:
            said.append(f"{len(self.tests)} tests, and {self.listed.tests} are listed")
        for test in self.failed:
            if not any(one.covers(test) for one in self.listed.judged):
                said.append(f"{test['id']} not judged: {test['message']}")
        for one in self.listed.judged:
            found = sum(one.covers(test) for test in self.failed)
            if found != one.count:
                said.append(f"{', '.join(one.tests)} ({one.says}): {one.count} judged, {found} found")
        return said


def load(path: Path = LIST) -> list[Listed]:
    """Read the list."""
    return [
        Listed(**{**entry, "judged": tuple(_judged(one) for one in entry.get("judged", ()))})
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["application"]
    ]


def _judged(entry: Mapping[str, Any]) -> Judged:
    given = {"count": len(entry["tests"]), **entry}
    return Judged(**{**given, "tests": tuple(entry["tests"]), "judgement": Judgement(entry["judgement"])})


def run(listed: Listed, checkouts: Path, running: Mapping[str, Any]) -> Tried:
    """Run the command in a copy of a checkout."""
    checkout = checkouts / running.get("checkout", listed.repository.replace("/", "+"))
    with tempfile.TemporaryDirectory(prefix="corpus-contract-") as place:
        copy = shutil.copytree(checkout, Path(place) / "app", ignore=_NOT_COPIED, symlinks=True)
        command = [running["python"], "-m", "greenshift", "contract", listed.target, "--json"]
        command += ["--driver", listed.driver] if listed.driver else []
        environment = {**os.environ, **running.get("environment", {})}
        began = time.monotonic()
        ended = subprocess.run(
            command, cwd=copy / listed.folder, env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - began
    if ended.returncode not in (0, 1):
        raise SystemExit(f"{listed.name}: {ended.stderr.strip()}")
    return Tried(listed, tuple(json.loads(ended.stdout)["tests"]), seconds)


def markdown(results: Sequence[Tried]) -> str:
    """Return the table of the documentation."""
    rows = [_HEAD, "|---|---|---|---|---|---|---|"]
    for result in results:
        listed = result.listed
        rows.append(
            f"| `{listed.repository}` (`{listed.commit[:7]}`) | {listed.style} | {result.models} "
            f"| {len(result.tests):,} | {len(result.tests) - len(result.failed):,} | {listed.count(Judgement.FAULT)} "
            f"| {listed.count(Judgement.UNGENERATED)} |"
        )
    return "\n".join(rows) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the applications; exit code 0 where nothing surprises."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkouts", type=Path, required=True)
    parser.add_argument("--running", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--json", type=Path, help="keep each result here, and take those that are not run from here")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(arguments)
    running = tomllib.loads(options.running.read_text(encoding="utf-8"))
    results = []
    for listed in load():
        kept = options.json / f"{listed.name}.json" if options.json is not None else None
        if not options.only or listed.name in options.only:
            result = run(listed, options.checkouts, running[listed.name])
            if kept is not None:
                kept.write_text(json.dumps({"seconds": result.seconds, "tests": result.tests}, indent=1))
        elif kept is not None and kept.is_file():
            earlier = json.loads(kept.read_text(encoding="utf-8"))
            result = Tried(listed, tuple(earlier["tests"]), earlier["seconds"])
        else:
            continue
        results.append(result)
        said = "; ".join(result.surprises) or "as judged"
        print(f"{listed.name}: {len(result.tests)} tests, {len(result.failed)} failed; {said}", flush=True)
    if options.markdown is not None:
        options.markdown.write_text(markdown(results), encoding="utf-8")
    return 1 if any(result.surprises for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
