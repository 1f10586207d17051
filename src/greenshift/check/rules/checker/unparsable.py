"""GS001: a file that no Python can read."""

from __future__ import annotations

import re
from typing import Final

from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.parsing import Unparsable
from greenshift.report.findings import Finding, Place, Severity

_MARK: Final = re.compile(r"\{\{|\{%|\{#")
_BLOCK: Final = re.compile(r"^\s*\{%", re.MULTILINE)


class UnparsableFile(Rule):
    """A syntax error. The reader of files reports it; there is no engine to look at."""

    id = "GS001"
    title = "a file that is no Python"
    severity = Severity.ERROR
    why = (
        "The file does not parse as Python 3.8 to 3.14, so nothing that it configures is checked. The other files are "
        "checked all the same. A template that Jinja or Cookiecutter makes Python of is no fault, and only mentioned "
        "as advice."
    )
    source = "https://docs.python.org/3/reference/grammar.html"
    fix = 'mend the syntax, or leave the file out: exclude = ["path"] in [tool.greenshift.check]'
    bad = (
        code("def engine(:\n    pass\n", finds="is no Python"),
        code('print "Python 2"\n', finds="is no Python"),
    )
    good = (
        code("def first[T](values: list[T]) -> T:\n    return values[0]\n"),
        code("type Urls = dict[str, str]\n"),
        code("try:\n    import asyncpg\nexcept ImportError, AttributeError:\n    asyncpg = None\n"),
        code("""name = "shop"\nurl = f"postgresql://localhost/{f"{name}_{"test"}"}"\n"""),
    )

    def unparsable(self, path: str, text: str, error: Unparsable) -> Finding:
        """Return the finding for a file.

        Args:
            path: the file's path.
            text: its text.
            error: why it does not parse.
        """
        place = Place(path, error.line, error.column, error.line, error.column)
        if _is_template(path, text, error.line):
            message = f"{path} is a template that Python is made of; it is not checked"
            return self.found(message, place, subject=path, severity=Severity.ADVICE)
        return self.found(f"{path} is no Python: {error.problem}; it is not checked", place, subject=path)


def _is_template(path: str, text: str, line: int) -> bool:
    """Return whether a file that does not parse is a template: its name, the line at fault, or a block says so."""
    lines = text.split("\n")
    at_fault = lines[line - 1] if 0 < line <= len(lines) else ""
    return "{{" in path or _MARK.search(at_fault) is not None or _BLOCK.search(text) is not None
