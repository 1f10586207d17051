"""What the project requires: Greenshift in place of what made the tests' database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from greenshift.init.source_tree import SourceTree
from greenshift.init.writing import Files

if TYPE_CHECKING:
    from greenshift.init.planning import Plan

_FILES: Final = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|Pipfile|[\w.-]*requirements[\w.-]*\.(?:txt|in))$|requirements/"
)


def replace_requirements(tree: SourceTree, files: Files, package: str, plan: Plan) -> None:
    """Require Greenshift in place of a package, where a file names it.

    Args:
        tree: the project's files.
        files: the project's files, as they are to be.
        package: the package.
        plan: gets what was changed.
    """
    name = package.replace("-", "[-_.]")
    plain = re.compile(rf"^(?P<before>\s*){name}(?:\[[^\]]*\])?\s*(?:[=<>~!;@ ].*)?$", re.MULTILINE | re.IGNORECASE)
    quoted = re.compile(rf"""(?P<quote>["']){name}(?:\[[^\]]*\])?\s*(?:[=<>~!;@ ][^"']*)?(?P=quote)""", re.IGNORECASE)
    table = re.compile(
        rf"^(?P<before>\s*){name}\s*=\s*(?:\"[^\"]*\"|\{{[^}}]*\}})[ \t]*$", re.MULTILINE | re.IGNORECASE
    )
    for path in sorted(tree.texts):
        if not _FILES.search(path):
            continue
        text = files.text(path)
        if text is None:
            continue
        if path.endswith((".txt", ".in", ".cfg")):
            new = plain.sub(r"\g<before>greenshift[http]", text)
        else:
            new = table.sub(r'\g<before>greenshift = { version = "*", extras = ["http"] }', text)
            new = quoted.sub(r"\g<quote>greenshift[http]\g<quote>", new)
        if new != text:
            files.put(path, new)
            plan.rewritten.append(f"{path}: requires greenshift[http] in place of {package}")
