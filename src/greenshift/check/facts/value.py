"""What an argument can be, as far as it can be told: rules ask what is sure, and say nothing of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from greenshift.report.findings import Place


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that a value can be.

    Attributes:
        value: a constant (``None``, bool, int, float, str), a ``Text`` whose pieces are not all known, a ``Symbol``, a
            ``dict`` of names to ``Value``, or a tuple of values.
        place: where it is written.
        variable: the environment variable or setting that can replace it at run time, if there is one: the value is
            then a default.
    """

    value: Any
    place: Place | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What an argument can be.

    Attributes:
        options: what it can be.
        unknown: why it may be something else too; empty if the options are all there is.
    """

    options: tuple[Option, ...] = ()
    unknown: str = ""

    @classmethod
    def of(cls, value: Any, place: Place | None = None) -> Value:
        """Return a value that is known.

        Args:
            value: what it is.
            place: where it is written.
        """
        return cls((Option(value, place),))

    @property
    def is_known(self) -> bool:
        """Whether it is one thing, which nothing replaces at run time."""
        return not self.unknown and len(self.options) == 1 and self.options[0].variable is None

    @property
    def known(self) -> Any:
        """What it is, if that is known and nothing replaces it at run time; else None."""
        return self.options[0].value if self.is_known else None

    @property
    def default(self) -> Option | None:
        """The one thing that it is, or is unless a variable of the environment says otherwise."""
        return self.options[0] if not self.unknown and len(self.options) == 1 else None

    @property
    def place(self) -> Place | None:
        """Where its first option is written."""
        return self.options[0].place if self.options else None

    def surely(self, holds: Callable[[Any], bool]) -> bool:
        """Return whether something holds for all that it can be, and nothing replaces it at run time.

        Args:
            holds: asked for each option's value.
        """
        return (
            not self.unknown
            and bool(self.options)
            and all(option.variable is None and holds(option.value) for option in self.options)
        )

    def by_default(self, holds: Callable[[Any], bool]) -> bool:
        """Return whether something holds for all that it can be as the program is written.

        Args:
            holds: asked for each option's value, defaults of settings included.
        """
        return not self.unknown and bool(self.options) and all(holds(option.value) for option in self.options)

    def possible(self, holds: Callable[[Any], bool]) -> bool:
        """Return whether something may hold: for one option, or because it is not known.

        Args:
            holds: asked for each option's value.
        """
        return bool(self.unknown) or any(option.variable is not None or holds(option.value) for option in self.options)

    def __str__(self) -> str:
        shown = " or ".join(shown_option(option) for option in self.options)
        if not shown:
            return "unknown"
        return f"{shown} or unknown" if self.unknown else shown


def shown_option(option: Option) -> str:
    """Return an option for a person: its value, and the variable that may replace it."""
    value = "..." if isinstance(option.value, dict | tuple) else str(option.value)
    return f"{value} (default of {option.variable})" if option.variable else value
