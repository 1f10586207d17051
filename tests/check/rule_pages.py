"""Write ``docs/rules.md`` and a page a rule from the rules and their samples: ``python tests/check/rule_pages.py``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).parent / "rules"))

from sample_findings import sample_findings

from greenshift.check.rules.registry import all_rules
from greenshift.check.rules.rule import Rule, Sample
from greenshift.check.server.facts import ServerFacts
from greenshift.report.findings import Finding

DOCS = Path(__file__).parents[2] / "docs"
COMMAND = "python tests/check/rule_pages.py"
WRITTEN = f"<!-- Written by {COMMAND}, not by hand. -->"
FAMILIES = {
    "0": "The checker",
    "1": "Pool",
    "2": "URL and driver",
    "3": "Session",
    "4": "Lifecycle",
    "5": "Server",
    "6": "Secrets and logging",
    "7": "Drift",
}
LANGUAGES = {".py": "python", ".toml": "toml", ".ini": "ini", ".cfg": "ini", ".yml": "yaml", ".yaml": "yaml"}
HEAD = f"""# The rules of greenshift check

{WRITTEN}

Each rule has a page: why, on whose authority, what to do, and samples of what it finds and of what it leaves alone.
Every sample is a test.

- **error**: fails as soon as it runs. **warning**: fails under load or at an upgrade, or loses something.
  **advice**: would be better; shown with `--severity advice`.
- **`--fix`**: whether the rule can mend what it finds. *Often*: where there is one right edit.
"""


def pages() -> dict[str, str]:
    """Return the pages as they should be now: path below ``docs`` to text."""
    rules = all_rules()
    return {"rules.md": table(rules)} | {rule.description().page: page(rule) for rule in rules}


def stray() -> list[Path]:
    """Return the pages of rules that there are no more."""
    known = pages()
    return [path for path in (DOCS / "rules").glob("*.md") if f"rules/{path.name}" not in known]


def table(rules: Iterable[Rule]) -> str:
    """Return the page with all rules, grouped by family."""
    parts = [HEAD]
    grouped: dict[str, list[Rule]] = {}
    for rule in rules:
        grouped.setdefault(rule.id[2], []).append(rule)
    for number, members in grouped.items():
        rows = "".join(
            f"| [{rule.id}](rules/{rule.id}.md) | {_cell(rule.title)} | {rule.severity} | {_share(rule)} |\n"
            for rule in members
        )
        parts.append(
            f"\n## {FAMILIES[number]}\n\n| rule | what is wrong | severity | `--fix` |\n|---|---|---|---|\n{rows}"
        )
    return "".join(parts)


def page(rule: Rule) -> str:
    """Return a rule's page."""
    mended = {"yes": ", mended by `--fix`", "often": ", often mended by `--fix`", "no": ""}[_share(rule)]
    parts = [
        f"# {rule.id}: {rule.title}",
        WRITTEN,
        f"**{str(rule.severity).capitalize()}**, family [{FAMILIES[rule.id[2]]}](../rules.md){mended}.",
        rule.why,
        "## What to do",
        f"{rule.fix[0].upper()}{rule.fix[1:].rstrip('.')}.",
        f"This rests on <{rule.source}>.",
        "## What it finds",
    ]
    for number, sample in enumerate(rule.bad):
        parts += ["---"] if number else []
        parts += [*_sample(sample), *(f"> {_where(one)}{one.message}" for one in sample_findings(rule, sample))]
        if sample.fixed:
            parts += ["After `--fix`:", *_files({**sample.fixed})]
    parts.append("## What it leaves alone")
    for number, sample in enumerate(rule.good):
        parts += ["---", *_sample(sample)] if number else _sample(sample)
    if rule.id[2] != "0":
        parts += [
            "## Leaving it out",
            f"For one line: `# greenshift: ignore[{rule.id}] the reason`. For the project: "
            f'`ignore = ["{rule.id}"]` in `[tool.greenshift.check]` of pyproject.toml.',
        ]
    return "\n\n".join(parts) + "\n"


def _share(rule: Rule) -> str:
    mended = [bool(sample.fixed) for sample in rule.bad]
    return "yes" if all(mended) else "often" if any(mended) else "no"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _where(finding: Finding) -> str:
    return f"`{finding.place}` " if finding.place.line else ""


def _sample(sample: Sample) -> Iterator[str]:
    yield from _files(sample.files)
    if sample.server is not None:
        yield _server(sample.server)


def _files(files: Mapping[str, str]) -> Iterator[str]:
    for path, text in files.items():
        language = LANGUAGES.get(PurePosixPath(path).suffix, "text")
        yield f"`{path}`:\n\n```{language}\n{text.rstrip()}\n```"


def _server(server: ServerFacts) -> str:
    version = ".".join(str(part) for part in server.version)
    said = [f"`{name} = {value}`" for name, value in server.settings.items()]
    if server.pgbouncer is not None:
        number = ".".join(str(part) for part in server.pgbouncer.version)
        mode = f" in {server.pgbouncer.pool_mode} mode" if server.pgbouncer.pool_mode else ""
        said.append(f"PgBouncer {number}{mode}".replace("PgBouncer  ", "PgBouncer "))
        said += [f"`{name} = {value}`" for name, value in server.pgbouncer.settings.items()]
    if not server.is_local:
        said.append("an encrypted connection" if server.is_encrypted else "a connection that is not encrypted")
    return f"The server, PostgreSQL{f' {version}' if version else ''}: {', '.join(said)}."


if __name__ == "__main__":
    (DOCS / "rules").mkdir(exist_ok=True)
    for old in stray():
        old.unlink()
    written = pages()
    for path, text in written.items():
        (DOCS / path).write_text(text)
    print(f"wrote {len(written)} pages")
