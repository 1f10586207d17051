"""GS001: a file that no Python can read."""

from __future__ import annotations

from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.parsing import Unparsable
from greenshift.report.findings import Finding, Place, Severity


class UnparsableFile(Rule):
    """A syntax error. The reader of files reports it; there is no engine to look at."""

    id = "GS001"
    title = "a file that is no Python"
    severity = Severity.ERROR
    why = (
        "The file does not parse as Python 3.8 to 3.14, so nothing that it configures is checked. The other files are "
        "checked all the same."
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

    def unparsable(self, path: str, error: Unparsable) -> Finding:
        """Return the finding for a file.

        Args:
            path: the file's path.
            error: why it does not parse.
        """
        place = Place(path, error.line, error.column, error.line, error.column)
        return self.found(f"{path} is no Python: {error.problem}; it is not checked", place, subject=path)
