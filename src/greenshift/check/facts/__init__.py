"""What rules look at, whether it was read from source or from a built engine."""

from greenshift.check.facts.deployment import Deployment
from greenshift.check.facts.engine import Engine, EngineKind, Scope
from greenshift.check.facts.missing_variable import MissingVariable
from greenshift.check.facts.program import Program
from greenshift.check.facts.requirements import Requirements
from greenshift.check.facts.session_factory import SessionFactory
from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Option, Value
from greenshift.check.facts.written import WrittenArgument

__all__ = [
    "Deployment",
    "Engine",
    "EngineKind",
    "MissingVariable",
    "Option",
    "Program",
    "Requirements",
    "Scope",
    "SessionFactory",
    "Symbol",
    "Text",
    "Value",
    "WrittenArgument",
]
