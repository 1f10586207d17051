"""Asks a rule about a sample: its program, its services, its server."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from greenshift.check.asking import findings_of
from greenshift.check.configuration import CheckConfiguration, read_configuration
from greenshift.check.drift import read_services
from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, Sample
from greenshift.check.static.reading import read_program
from greenshift.report.findings import Finding


def _configuration(files: Mapping[str, str]) -> CheckConfiguration:
    tool = tomllib.loads(files.get("pyproject.toml", "")).get("tool", {}).get("greenshift", {})
    return read_configuration(tool.get("check", {}), tool.get("services", {}))


@cache
def _read(files: tuple[tuple[str, str], ...]) -> tuple[Program, list[Finding]]:
    return read_program(dict(files), _configuration(dict(files)))


def _services(files: Mapping[str, str]) -> list[Program]:
    """Read the services of pyproject.toml, under the environments of ``.env.NAME``; none if it names none."""
    configuration = _configuration(files)
    if not configuration.services:
        return []
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text, encoding="utf-8")
        environments = {path.removeprefix(".env."): Path(folder, path) for path in files if path.startswith(".env.")}
        return read_services(configuration, Path(folder), environments)


def sample_findings(rule: Rule, sample: Sample, files: Mapping[str, str] | None = None) -> list[Finding]:
    """Return what a rule finds in a sample, or in other files in its place."""
    return list(_ask(rule, sample, files or sample.files))


def _ask(rule: Rule, sample: Sample, files: Mapping[str, str]) -> Iterator[Finding]:
    program, findings = _read(tuple(files.items()))
    yield from (finding for finding in findings if finding.rule == rule.id)
    if sample.server is None:
        yield from findings_of([rule], program)
    if type(rule).services is not Rule.services:
        yield from rule.services(_services(files))
    if sample.server is not None:
        yield from rule.server(sample.server, [program])
