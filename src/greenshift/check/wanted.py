"""What is asked of a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from greenshift.check.configuration import SeverityName

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked of a check, beyond what the projects say themselves.

    Attributes:
        paths: files and folders; none for the project of the working directory.
        directory: the working directory.
        select: the rules that are asked, in place of those that the configuration selects.
        ignore: rules that are left out, beside those of the configuration.
        severity: the lowest severity that is shown, in place of the configuration's.
        live: ``MODULE:NAME`` of engines that are imported and built.
        url: a server that is asked, too.
        drift: whether the services are compared.
        environments: the files of environment variables under which the services are compared, by name.
        baseline: the file of the known findings, in place of the configuration's.
        write_baseline: whether the findings are written there.
        cache: whether what was found in files that have not changed is taken from the cache.
        progress: told what is being done.
    """

    paths: Sequence[Path] = ()
    directory: Path = field(default_factory=Path.cwd)
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    severity: SeverityName | None = None
    live: Sequence[str] = ()
    url: str | None = None
    drift: bool = False
    environments: Mapping[str, Path] = field(default_factory=dict)
    baseline: Path | None = None
    write_baseline: bool = False
    cache: bool = True
    progress: Progress = lambda text: None
