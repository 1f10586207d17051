"""What the project says that it needs: pyproject.toml, requirements files, setup.cfg, Pipfile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from greenshift.report.findings import Place


@dataclass(frozen=True, slots=True)
class Requirements:
    """The project's requirements.

    Attributes:
        found: canonical name to the requirement and where it is written; several where several files name it.
    """

    found: Mapping[str, tuple[tuple[Requirement, Place], ...]] = field(default_factory=dict)

    @property
    def are_known(self) -> bool:
        """Whether the project says what it needs, and that SQLAlchemy is among it."""
        return "sqlalchemy" in self.found or "sqlmodel" in self.found

    def has(self, name: str) -> bool:
        """Return whether a library is named.

        Args:
            name: the library's name, in any spelling.
        """
        return canonicalize_name(name) in self.found

    def of(self, name: str) -> tuple[tuple[Requirement, Place], ...]:
        """Return what is said of a library.

        Args:
            name: the library's name, in any spelling.
        """
        return self.found.get(canonicalize_name(name), ())

    def allows(self, name: str, version: str) -> bool:
        """Return whether a version of a library satisfies all that is said of it.

        Args:
            name: the library's name, in any spelling.
            version: the version.
        """
        return all(requirement.specifier.contains(version, prereleases=True) for requirement, _ in self.of(name))
