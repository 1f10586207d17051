"""What is named to be imported: ``app.db:engine``, or a module."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.check.errors import CheckError


@dataclass(frozen=True, slots=True)
class Target:
    """What is imported and looked at.

    Attributes:
        module: the module's dotted name.
        attribute: the dotted name of an engine, a session factory or a function in it; "" for every engine and
            factory of the module.
    """

    module: str
    attribute: str = ""

    @classmethod
    def of(cls, text: str) -> Target:
        """Return the target that a text names.

        Args:
            text: ``MODULE:NAME`` or ``MODULE``.

        Raises:
            CheckError: it names none.
        """
        module, colon, attribute = text.strip().partition(":")
        names = [*module.split("."), *(attribute.split(".") if colon else [])]
        if not all(name.isidentifier() for name in names):
            raise CheckError(
                f"{text!r} is no module and no name in one",
                "write MODULE:NAME, such as app.db:engine, or a module, such as app.db",
            )
        return cls(module, attribute)

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}" if self.attribute else self.module
