"""A model that does not behave as the contract says."""

from __future__ import annotations


class ContractFailure(AssertionError):  # noqa: N818 - it is what an assertion raises
    """What was seen, what was to be seen, and what to do about it.

    Args:
        problem: what happened.
        fix: what is likely wrong with the model; empty if there is nothing to add.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(f"{problem}\n  fix: {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix


def error_name(error: BaseException) -> str:
    """Return the class of an error, as its library has it: Greenshift explains some by a subclass."""
    return type(error).__name__.removeprefix("Explained")
