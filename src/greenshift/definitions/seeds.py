"""Rows on top of a template's schema."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from greenshift.definitions.function import from_callable
from greenshift.definitions.source import BuildTarget, Definition, digest
from greenshift.definitions.sql import from_sql


def with_seeds(definition: Definition, seeds: Sequence[str], *, root: Path | None = None) -> Definition:
    """Return a definition that first does what another does and then adds rows, in order.

    Args:
        definition: what makes the schema.
        seeds: SQL files (whatever ends in ``.sql``) and functions (``module:function``).
        root: the folder that relative file names start from; the working directory by default.

    Raises:
        ConfigurationError: a file cannot be read or a function cannot be imported.
    """
    if not seeds:
        return definition
    folder = Path.cwd() if root is None else root
    parts = [from_sql([folder / seed]) if seed.endswith(".sql") else from_callable(seed, key="seed") for seed in seeds]

    def build(target: BuildTarget) -> None:
        definition.build(target)
        for part in parts:
            part.build(target)

    return Definition(
        fingerprint=digest([definition.fingerprint, *(part.fingerprint for part in parts)]),
        build=build,
        label=definition.label,
        extensions=definition.extensions.union(*(part.extensions for part in parts)),
    )
